/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The queue that glibc offers the parts for: a ring, a mutex and two
 * condition variables.  It is meant to be as good as these parts allow, since
 * a weak rival proves nothing.  It signals only when somebody sleeps and no
 * wake is under way to that side, and it does so under the mutex; whoever
 * was woken passes the wake on if there is more.  A signal for every
 * element, after the unlock, makes it several times slower where there are
 * more threads than CPUs.
 */
#ifndef WEIR_BENCH_GLIBC_QUEUE_H
#define WEIR_BENCH_GLIBC_QUEUE_H

#include "cases/queue.h"

#include <memory>
#include <pthread.h>

namespace wbench {

inline void init_mutex(pthread_mutex_t *mutex, int type)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, type);
    pthread_mutex_init(mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

/* The threads of one side that sleep; guarded by the queue's mutex. */
class GlibcSleepers {
public:
    GlibcSleepers() { pthread_cond_init(&condition_, nullptr); }
    ~GlibcSleepers() { pthread_cond_destroy(&condition_); }
    GlibcSleepers(const GlibcSleepers &) = delete;
    GlibcSleepers &operator=(const GlibcSleepers &) = delete;

    void sleep(pthread_mutex_t *mutex)
    {
        count_++;
        pthread_cond_wait(&condition_, mutex);
        count_--;
        waking_ = false;
    }

    void wake_one()
    {
        if (count_ == 0 || waking_)
            return;
        waking_ = true;
        pthread_cond_signal(&condition_);
    }

private:
    pthread_cond_t condition_;
    unsigned count_ = 0;
    bool waking_ = false; /* a signal was sent, and nobody has come yet */
};

template <std::size_t Size, int MutexType>
class GlibcQueue {
public:
    static constexpr bool fifo = true;

    explicit GlibcQueue(std::size_t capacity)
        : capacity_(capacity), ring_(new Element<Size>[capacity])
    {
        init_mutex(&mutex_, MutexType);
    }
    ~GlibcQueue() { pthread_mutex_destroy(&mutex_); }
    GlibcQueue(const GlibcQueue &) = delete;
    GlibcQueue &operator=(const GlibcQueue &) = delete;

    void put(const Element<Size> &e)
    {
        pthread_mutex_lock(&mutex_);
        while (count_ == capacity_)
            putters_.sleep(&mutex_);
        ring_[tail_] = e;
        tail_ = tail_ + 1 == capacity_ ? 0 : tail_ + 1;
        count_++;
        wake();
        pthread_mutex_unlock(&mutex_);
    }

    void get(Element<Size> &e)
    {
        pthread_mutex_lock(&mutex_);
        while (count_ == 0)
            getters_.sleep(&mutex_);
        e = ring_[head_];
        head_ = head_ + 1 == capacity_ ? 0 : head_ + 1;
        count_--;
        wake();
        pthread_mutex_unlock(&mutex_);
    }

private:
    /* Whoever could go on now, on either side. */
    void wake()
    {
        if (count_ > 0)
            getters_.wake_one();
        if (count_ < capacity_)
            putters_.wake_one();
    }

    /* The mutex and what it guards, then a line for each condition. */
    alignas(kLine) pthread_mutex_t mutex_;
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
    std::size_t count_ = 0;
    const std::size_t capacity_;
    const std::unique_ptr<Element<Size>[]> ring_;
    alignas(kLine) GlibcSleepers getters_;
    alignas(kLine) GlibcSleepers putters_;
};

} // namespace wbench

#endif
