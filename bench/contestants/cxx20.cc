/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What C++20 has and pthreads have not: semaphore, barrier, latch, and waiting
 * on an atomic, in the compiler's own library.  (Its mutexes and condition
 * variables are pthreads'.)
 */
#include "harness/enter.h"

#include <atomic>
#include <barrier>
#include <latch>
#include <optional>
#include <semaphore>

namespace wbench {

namespace {

class CxxSem {
public:
    explicit CxxSem(unsigned value) : sem_(value) {}

    void post() { sem_.release(); }
    void wait() { sem_.acquire(); }

private:
    std::counting_semaphore<> sem_;
};

/* Promises less than weir's: a set that is cleared at once may let in nobody.
 */
class CxxEvent {
public:
    void set()
    {
        set_.store(1, std::memory_order_release);
        set_.notify_all();
    }
    void clear() { set_.store(0, std::memory_order_relaxed); }
    void wait()
    {
        while (set_.load(std::memory_order_acquire) == 0)
            set_.wait(0, std::memory_order_acquire);
    }

private:
    std::atomic<int> set_{0};
};

class CxxBarrier {
public:
    explicit CxxBarrier(unsigned parties) : barrier_(parties) {}

    void wait() { barrier_.arrive_and_wait(); }

private:
    std::barrier<> barrier_;
};

/* One is good for a single use. */
class CxxLatch {
public:
    void reset(unsigned count) { latch_.emplace(count); }
    void count_down() { latch_->count_down(); }
    void wait() { latch_->wait(); }

private:
    std::optional<std::latch> latch_;
};

const bool entered = [] {
    Enter("c++20", 9, {false, true, "inline", "what <atomic> can wait for"})
        .sem<CxxSem>()
        .event<CxxEvent>()
        .barrier<CxxBarrier>()
        .latch<CxxLatch>();
    return true;
}();

} // namespace

} // namespace wbench
