/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * glibc: both kinds of mutex, the spin lock, the barrier, and the queue
 * that one builds from a mutex and two condition variables.
 */
#include "contestants/glibc_queue.h"
#include "harness/enter.h"

#include <pthread.h>

namespace wbench {

namespace {

template <int Type>
class GlibcMutex {
public:
    GlibcMutex() { init_mutex(&mutex_, Type); }
    ~GlibcMutex() { pthread_mutex_destroy(&mutex_); }
    GlibcMutex(const GlibcMutex &) = delete;
    GlibcMutex &operator=(const GlibcMutex &) = delete;

    void lock() { pthread_mutex_lock(&mutex_); }
    void unlock() { pthread_mutex_unlock(&mutex_); }

private:
    pthread_mutex_t mutex_;
};

class GlibcSpin {
public:
    GlibcSpin() { pthread_spin_init(&lock_, PTHREAD_PROCESS_PRIVATE); }
    ~GlibcSpin() { pthread_spin_destroy(&lock_); }
    GlibcSpin(const GlibcSpin &) = delete;
    GlibcSpin &operator=(const GlibcSpin &) = delete;

    void lock() { pthread_spin_lock(&lock_); }
    void unlock() { pthread_spin_unlock(&lock_); }

private:
    pthread_spinlock_t lock_;
};

class GlibcBarrier {
public:
    explicit GlibcBarrier(unsigned parties)
    {
        pthread_barrier_init(&barrier_, nullptr, parties);
    }
    ~GlibcBarrier() { pthread_barrier_destroy(&barrier_); }
    GlibcBarrier(const GlibcBarrier &) = delete;
    GlibcBarrier &operator=(const GlibcBarrier &) = delete;

    void wait() { pthread_barrier_wait(&barrier_); }

private:
    alignas(kLine) pthread_barrier_t barrier_;
};

template <std::size_t Size>
using DefaultQueue = GlibcQueue<Size, PTHREAD_MUTEX_TIMED_NP>;
template <std::size_t Size>
using AdaptiveQueue = GlibcQueue<Size, PTHREAD_MUTEX_ADAPTIVE_NP>;

const bool entered = [] {
    Enter("glibc", 2, {false, true, "call", "default mutex; condvars; barrier"})
        .mutex<GlibcMutex<PTHREAD_MUTEX_TIMED_NP>>()
        .barrier<GlibcBarrier>()
        .queue<DefaultQueue>();
    Enter("glibc-adaptive", 3,
          {false, true, "call", "PTHREAD_MUTEX_ADAPTIVE_NP"})
        .mutex<GlibcMutex<PTHREAD_MUTEX_ADAPTIVE_NP>>()
        .queue<AdaptiveQueue>(kFull);
    Enter("glibc-spin", 4, {false, false, "call", "never sleeps"})
        .mutex<GlibcSpin>();
    return true;
}();

} // namespace

} // namespace wbench
