/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * glibc: what it has, and what one builds from a mutex and condition variables
 * where it has nothing.
 */
#include "contestants/glibc_queue.h"
#include "contestants/glibc_timers.h"
#include "harness/enter.h"

#include <cstdlib>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <vector>

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

class GlibcMonitor {
public:
    GlibcMonitor()
    {
        init_mutex(&mutex_, PTHREAD_MUTEX_TIMED_NP);
        for (pthread_cond_t &condition : conditions_)
            pthread_cond_init(&condition, nullptr);
    }
    ~GlibcMonitor()
    {
        for (pthread_cond_t &condition : conditions_)
            pthread_cond_destroy(&condition);
        pthread_mutex_destroy(&mutex_);
    }
    GlibcMonitor(const GlibcMonitor &) = delete;
    GlibcMonitor &operator=(const GlibcMonitor &) = delete;

    void lock() { pthread_mutex_lock(&mutex_); }
    void unlock() { pthread_mutex_unlock(&mutex_); }
    void wait(unsigned i) { pthread_cond_wait(&conditions_[i], &mutex_); }
    void signal(unsigned i) { pthread_cond_signal(&conditions_[i]); }
    void broadcast(unsigned i) { pthread_cond_broadcast(&conditions_[i]); }

private:
    pthread_mutex_t mutex_;
    pthread_cond_t conditions_[2];
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

class GlibcSem {
public:
    explicit GlibcSem(unsigned value) { sem_init(&sem_, 0, value); }
    ~GlibcSem() { sem_destroy(&sem_); }
    GlibcSem(const GlibcSem &) = delete;
    GlibcSem &operator=(const GlibcSem &) = delete;

    void post() { sem_post(&sem_); }
    void wait()
    {
        while (sem_wait(&sem_) != 0)
            continue; /* EINTR */
    }

private:
    sem_t sem_;
};

/* The event that one builds from a mutex and a condition variable; with a
 * count of pulses, so that it promises what weir's does. */
class GlibcEvent {
public:
    GlibcEvent()
    {
        init_mutex(&mutex_, PTHREAD_MUTEX_TIMED_NP);
        pthread_cond_init(&cond_, nullptr);
    }
    ~GlibcEvent()
    {
        pthread_cond_destroy(&cond_);
        pthread_mutex_destroy(&mutex_);
    }
    GlibcEvent(const GlibcEvent &) = delete;
    GlibcEvent &operator=(const GlibcEvent &) = delete;

    void set()
    {
        pthread_mutex_lock(&mutex_);
        set_ = true;
        pthread_cond_broadcast(&cond_);
        pthread_mutex_unlock(&mutex_);
    }
    void clear()
    {
        pthread_mutex_lock(&mutex_);
        cleared_ += set_;
        set_ = false;
        pthread_mutex_unlock(&mutex_);
    }
    void wait()
    {
        pthread_mutex_lock(&mutex_);
        for (const uint64_t began = cleared_; !set_ && cleared_ == began;)
            pthread_cond_wait(&cond_, &mutex_);
        pthread_mutex_unlock(&mutex_);
    }

private:
    pthread_mutex_t mutex_;
    pthread_cond_t cond_;
    uint64_t cleared_ = 0;
    bool set_ = false;
};

/* A semaphore whose waits can be cancelled, without pthread_cancel, which ends
 * threads: a mutex, a condition variable and a flag. */
class GlibcTokenSem {
public:
    explicit GlibcTokenSem(unsigned value) : value_(value)
    {
        init_mutex(&mutex_, PTHREAD_MUTEX_TIMED_NP);
        pthread_cond_init(&cond_, nullptr);
    }
    ~GlibcTokenSem()
    {
        pthread_cond_destroy(&cond_);
        pthread_mutex_destroy(&mutex_);
    }
    GlibcTokenSem(const GlibcTokenSem &) = delete;
    GlibcTokenSem &operator=(const GlibcTokenSem &) = delete;

    void post()
    {
        pthread_mutex_lock(&mutex_);
        value_++;
        pthread_cond_signal(&cond_);
        pthread_mutex_unlock(&mutex_);
    }
    void wait()
    {
        pthread_mutex_lock(&mutex_);
        while (value_ == 0 && !cancelled_)
            pthread_cond_wait(&cond_, &mutex_);
        value_ -= !cancelled_;
        pthread_mutex_unlock(&mutex_);
    }

private:
    pthread_mutex_t mutex_;
    pthread_cond_t cond_;
    unsigned value_;
    bool cancelled_ = false;
};

void do_nothing() {}

class GlibcOnce {
public:
    void call() { pthread_once(&once_, do_nothing); }

private:
    pthread_once_t once_ = PTHREAD_ONCE_INIT;
};

/* What one builds where there is no latch. */
class GlibcLatch {
public:
    ~GlibcLatch()
    {
        pthread_cond_destroy(&open_);
        pthread_mutex_destroy(&mutex_);
    }

    void reset(unsigned count)
    {
        pthread_mutex_lock(&mutex_);
        count_ = count;
        pthread_mutex_unlock(&mutex_);
    }
    void count_down()
    {
        pthread_mutex_lock(&mutex_);
        if (--count_ == 0)
            pthread_cond_broadcast(&open_);
        pthread_mutex_unlock(&mutex_);
    }
    void wait()
    {
        pthread_mutex_lock(&mutex_);
        while (count_ != 0)
            pthread_cond_wait(&open_, &mutex_);
        pthread_mutex_unlock(&mutex_);
    }

private:
    pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t open_ = PTHREAD_COND_INITIALIZER;
    unsigned count_ = 0;
};

/* A read-write lock around a plain copy. */
class GlibcRecord {
public:
    ~GlibcRecord() { pthread_rwlock_destroy(&lock_); }

    void read(Record &to, const Record &from)
    {
        pthread_rwlock_rdlock(&lock_);
        to = from;
        pthread_rwlock_unlock(&lock_);
    }
    void write(Record &to, const Record &from)
    {
        pthread_rwlock_wrlock(&lock_);
        to = from;
        pthread_rwlock_unlock(&lock_);
    }

private:
    pthread_rwlock_t lock_ = PTHREAD_RWLOCK_INITIALIZER;
};

class GlibcThread {
public:
    void start(void *(*fn)(void *), void *arg)
    {
        if (pthread_create(&thread_, nullptr, fn, arg) != 0)
            abort();
    }
    void *join()
    {
        void *result = nullptr;

        if (pthread_join(thread_, &result) != 0)
            abort();
        return result;
    }

private:
    pthread_t thread_;
};

template <int Kind>
class GlibcRwlock {
public:
    GlibcRwlock()
    {
        pthread_rwlockattr_t attr;

        pthread_rwlockattr_init(&attr);
        pthread_rwlockattr_setkind_np(&attr, Kind);
        pthread_rwlock_init(&lock_, &attr);
        pthread_rwlockattr_destroy(&attr);
    }
    ~GlibcRwlock() { pthread_rwlock_destroy(&lock_); }
    GlibcRwlock(const GlibcRwlock &) = delete;
    GlibcRwlock &operator=(const GlibcRwlock &) = delete;

    void rdlock() { pthread_rwlock_rdlock(&lock_); }
    void rdunlock() { pthread_rwlock_unlock(&lock_); }
    void wrlock() { pthread_rwlock_wrlock(&lock_); }
    void wrunlock() { pthread_rwlock_unlock(&lock_); }

private:
    pthread_rwlock_t lock_;
};

template <std::size_t Size>
using DefaultQueue = GlibcQueue<Size, PTHREAD_MUTEX_TIMED_NP>;
template <std::size_t Size>
using AdaptiveQueue = GlibcQueue<Size, PTHREAD_MUTEX_ADAPTIVE_NP>;

/* What one builds from files: an eventfd for each, and an epoll of all. */
class EpollAny {
public:
    explicit EpollAny(unsigned n) : epoll_(epoll_create1(0))
    {
        for (unsigned i = 0; i < n; i++) {
            epoll_event event = {};

            files_.push_back(eventfd(0, EFD_SEMAPHORE | EFD_NONBLOCK));
            event.events = EPOLLIN;
            event.data.u32 = i;
            if (epoll_ctl(epoll_, EPOLL_CTL_ADD, files_[i], &event) != 0)
                abort();
        }
    }
    ~EpollAny()
    {
        for (int file : files_)
            close(file);
        close(epoll_);
    }
    EpollAny(const EpollAny &) = delete;
    EpollAny &operator=(const EpollAny &) = delete;

    void post(unsigned which) { eventfd_write(files_[which], 1); }
    unsigned wait()
    {
        epoll_event event;
        eventfd_t one;

        do
            while (epoll_wait(epoll_, &event, 1, -1) != 1)
                continue;
        while (eventfd_read(files_[event.data.u32], &one) != 0);
        return event.data.u32;
    }

private:
    int epoll_;
    std::vector<int> files_;
};

const bool entered = [] {
    Enter("glibc", 2, {false, true, "call", "what pthreads and sem_t have"})
        .mutex<GlibcMutex<PTHREAD_MUTEX_TIMED_NP>>()
        .rmutex<GlibcMutex<PTHREAD_MUTEX_RECURSIVE_NP>>()
        .cond<GlibcMonitor>()
        .barrier<GlibcBarrier>()
        .queue<DefaultQueue>()
        .timer<GlibcTimers>()
        .sem<GlibcSem>()
        .event<GlibcEvent>()
        .once<GlibcOnce>()
        .latch<GlibcLatch>()
        .any<EpollAny>()
        .seqlock<GlibcRecord>()
        .thread<GlibcThread>()
        .rwlock<GlibcRwlock<PTHREAD_RWLOCK_PREFER_READER_NP>>()
        .token<GlibcTokenSem, GlibcLatch>();
    Enter("glibc-adaptive", 3,
          {false, true, "call", "PTHREAD_MUTEX_ADAPTIVE_NP"})
        .mutex<GlibcMutex<PTHREAD_MUTEX_ADAPTIVE_NP>>()
        .queue<AdaptiveQueue>(kFull);
    Enter("glibc-spin", 4, {false, false, "call", "never sleeps"})
        .mutex<GlibcSpin>();
    /* A million are more than a user may have. */
    Enter("timer_settime", 7, {false, true, "call", "the kernel's, no signal"})
        .timer<PosixTimers>(kSmoke | kDefault);
    Enter("glibc-writers", 5,
          {false, true, "call", "PREFER_WRITER_NONRECURSIVE"})
        .rwlock<GlibcRwlock<PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP>>();
    return true;
}();

} // namespace

} // namespace wbench
