/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Timers as one builds them from glibc: a sorted tree under a mutex, and a
 * thread that waits for the first; and those of the kernel.
 */
#ifndef WEIR_BENCH_GLIBC_TIMERS_H
#define WEIR_BENCH_GLIBC_TIMERS_H

#include "harness/team.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <pthread.h>
#include <vector>

namespace wbench {

class GlibcTimers {
public:
    GlibcTimers()
    {
        pthread_condattr_t monotonic;

        pthread_mutex_init(&mutex_, nullptr);
        pthread_condattr_init(&monotonic);
        pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
        pthread_cond_init(&earlier_, &monotonic);
        pthread_condattr_destroy(&monotonic);
        if (pthread_create(&thread_, nullptr, serve, this) != 0)
            abort();
    }
    ~GlibcTimers()
    {
        pthread_mutex_lock(&mutex_);
        stop_ = true;
        pthread_cond_signal(&earlier_);
        pthread_mutex_unlock(&mutex_);
        pthread_join(thread_, nullptr);
        pthread_cond_destroy(&earlier_);
        pthread_mutex_destroy(&mutex_);
    }
    GlibcTimers(const GlibcTimers &) = delete;
    GlibcTimers &operator=(const GlibcTimers &) = delete;

    void keep(int64_t deadline) { put(deadline); }
    void arm(int64_t deadline) { one_ = put(deadline); }
    void cancel()
    {
        pthread_mutex_lock(&mutex_);
        timers_.erase(one_);
        pthread_mutex_unlock(&mutex_);
    }

private:
    using Tree = std::multimap<int64_t, void (*)()>;

    Tree::iterator put(int64_t deadline)
    {
        pthread_mutex_lock(&mutex_);
        const auto place = timers_.emplace(deadline, nothing);
        if (place == timers_.begin())
            pthread_cond_signal(&earlier_);
        pthread_mutex_unlock(&mutex_);
        return place;
    }
    static void nothing() {}
    static void *serve(void *arg)
    {
        GlibcTimers &self = *static_cast<GlibcTimers *>(arg);

        pthread_mutex_lock(&self.mutex_);
        while (!self.stop_)
            self.serve_once();
        pthread_mutex_unlock(&self.mutex_);
        return nullptr;
    }
    void serve_once()
    {
        if (timers_.empty()) {
            pthread_cond_wait(&earlier_, &mutex_);
            return;
        }
        const auto first = timers_.begin();
        if (first->first > now_ns()) {
            const timespec until = {first->first / 1000000000,
                                    first->first % 1000000000};
            pthread_cond_timedwait(&earlier_, &mutex_, &until);
            return;
        }
        void (*const call)() = first->second;
        timers_.erase(first);
        pthread_mutex_unlock(&mutex_);
        call();
        pthread_mutex_lock(&mutex_);
    }

    pthread_mutex_t mutex_;
    pthread_cond_t earlier_;
    pthread_t thread_;
    Tree timers_;
    Tree::iterator one_;
    bool stop_ = false;
};

/* timer_create(2), without a signal: what an arm and a cancel cost at least. */
class PosixTimers {
public:
    PosixTimers() { make(&one_); }
    ~PosixTimers()
    {
        timer_delete(one_);
        for (const timer_t timer : kept_)
            timer_delete(timer);
    }
    PosixTimers(const PosixTimers &) = delete;
    PosixTimers &operator=(const PosixTimers &) = delete;

    void keep(int64_t deadline)
    {
        timer_t timer;

        make(&timer);
        kept_.push_back(timer);
        set(timer, deadline);
    }
    void arm(int64_t deadline) { set(one_, deadline); }
    void cancel() { set(one_, 0); }

private:
    static void make(timer_t *timer)
    {
        sigevent event = {};

        event.sigev_notify = SIGEV_NONE;
        if (timer_create(CLOCK_MONOTONIC, &event, timer) != 0) {
            perror("weir-bench: timer_create");
            abort();
        }
    }
    static void set(timer_t timer, int64_t deadline)
    {
        itimerspec spec = {};

        spec.it_value = {deadline / 1000000000, deadline % 1000000000};
        if (timer_settime(timer, TIMER_ABSTIME, &spec, nullptr) != 0)
            abort();
    }

    timer_t one_;
    std::vector<timer_t> kept_;
};

} // namespace wbench

#endif
