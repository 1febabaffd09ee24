/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * oneTBB: a queue that is bounded, blocks, and keeps one order; mutex and
 * read-write lock, which spin and then sleep; and the mutex that only spins.
 */
#include "harness/enter.h"

#include <oneapi/tbb/concurrent_queue.h>
#include <oneapi/tbb/mutex.h>
#include <oneapi/tbb/rw_mutex.h>
#include <oneapi/tbb/spin_mutex.h>

namespace wbench {

namespace {

template <class M>
class TbbMutex {
public:
    void lock() { mutex_.lock(); }
    void unlock() { mutex_.unlock(); }

private:
    M mutex_;
};

class TbbRwlock {
public:
    void rdlock() { lock_.lock_shared(); }
    void rdunlock() { lock_.unlock_shared(); }
    void wrlock() { lock_.lock(); }
    void wrunlock() { lock_.unlock(); }

private:
    tbb::rw_mutex lock_;
};

template <std::size_t Size>
class TbbQueue {
public:
    static constexpr bool fifo = true;

    explicit TbbQueue(std::size_t capacity)
    {
        queue_.set_capacity(static_cast<std::ptrdiff_t>(capacity));
    }

    void put(const Element<Size> &e) { queue_.push(e); }
    void get(Element<Size> &e) { queue_.pop(e); }

private:
    tbb::concurrent_bounded_queue<Element<Size>> queue_;
};

const bool entered = [] {
    Enter("tbb", 12, peer_traits(true, "inline", "call where it wakes"))
        .mutex<TbbMutex<tbb::mutex>>()
        .rwlock<TbbRwlock>(kFull)
        .queue<TbbQueue>();
    Enter("tbb-spin", 13,
          peer_traits(false, "inline", "tbb::spin_mutex never sleeps"))
        .mutex<TbbMutex<tbb::spin_mutex>>(kFull);
    return true;
}();

} // namespace

} // namespace wbench
