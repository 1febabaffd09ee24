/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * weir, twice: through its headers, as a C or C++ program gets it, and
 * through the symbols that libweir.so exports, as a binding calls it.
 */
#include "harness/enter.h"

#include <weir/weir.h>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <dlfcn.h>
#include <vector>

namespace wbench {

namespace {

void must(int error, const char *call)
{
    if (error == 0)
        return;
    fprintf(stderr, "weir-bench: %s: %s\n", call, weir_strerror(error));
    abort();
}

class WeirMutex {
public:
    void lock() { weir_mutex_lock(&mutex_); }
    void unlock() { weir_mutex_unlock(&mutex_); }

private:
    weir_mutex_t mutex_ = WEIR_MUTEX_INIT;
};

class WeirSem {
public:
    explicit WeirSem(unsigned value)
    {
        must(weir_sem_init(&sem_, value, WEIR_SEM_MAX, 0), "weir_sem_init");
    }
    void post() { weir_sem_post(&sem_); }
    void wait() { weir_sem_wait(&sem_); }

private:
    weir_sem_t sem_;
};

class WeirEvent {
public:
    void set() { weir_event_set(&event_); }
    void clear() { weir_event_clear(&event_); }
    void wait() { weir_event_wait(&event_); }

private:
    weir_event_t event_ = WEIR_EVENT_INIT;
};

class WeirRmutex {
public:
    void lock() { weir_rmutex_lock(&mutex_); }
    void unlock() { weir_rmutex_unlock(&mutex_); }

private:
    weir_rmutex_t mutex_ = WEIR_RMUTEX_INIT;
};

class WeirMonitor {
public:
    void lock() { weir_mutex_lock(&mutex_); }
    void unlock() { weir_mutex_unlock(&mutex_); }
    void wait(unsigned i) { weir_cond_wait(&conditions_[i], &mutex_); }
    void signal(unsigned i) { weir_cond_signal(&conditions_[i]); }
    void broadcast(unsigned i) { weir_cond_broadcast(&conditions_[i]); }

private:
    weir_mutex_t mutex_ = WEIR_MUTEX_INIT;
    weir_cond_t conditions_[2] = {WEIR_COND_INIT, WEIR_COND_INIT};
};

class WeirBarrier {
public:
    explicit WeirBarrier(unsigned parties)
    {
        must(weir_barrier_init(&barrier_, parties, 0), "weir_barrier_init");
    }
    void wait() { must(weir_barrier_wait(&barrier_, nullptr), "barrier_wait"); }

private:
    weir_barrier_t barrier_;
};

template <std::size_t Size>
class WeirQueue {
public:
    static constexpr bool fifo = true;

    explicit WeirQueue(std::size_t capacity)
    {
        must(weir_queue_create(&queue_, capacity, Size, 0),
             "weir_queue_create");
    }
    ~WeirQueue() { weir_queue_destroy(queue_); }
    WeirQueue(const WeirQueue &) = delete;
    WeirQueue &operator=(const WeirQueue &) = delete;

    void put(const Element<Size> &e)
    {
        must(weir_queue_put(queue_, &e), "weir_queue_put");
    }
    void get(Element<Size> &e)
    {
        must(weir_queue_get(queue_, &e), "weir_queue_get");
    }

private:
    weir_queue_t *queue_ = nullptr;
};

class WeirTimers {
public:
    WeirTimers() { make(one_); }
    ~WeirTimers() { must(weir_timer_shutdown(WEIR_FOREVER), "shutdown"); }
    WeirTimers(const WeirTimers &) = delete;
    WeirTimers &operator=(const WeirTimers &) = delete;

    void keep(int64_t deadline)
    {
        kept_.emplace_back();
        make(kept_.back());
        must(weir_timer_start_at(&kept_.back(), deadline), "timer_start_at");
    }
    void arm(int64_t deadline)
    {
        must(weir_timer_start_at(&one_, deadline), "timer_start_at");
    }
    void cancel() { must(weir_timer_cancel(&one_), "timer_cancel"); }

private:
    static void nothing(void *) {}
    static void make(weir_timer_t &timer)
    {
        must(weir_timer_init(&timer, nothing, nullptr, 0), "timer_init");
    }

    weir_timer_t one_;
    std::deque<weir_timer_t> kept_; /* they do not move */
};

int do_nothing(void *)
{
    return 0;
}

class WeirOnce {
public:
    void call() { weir_once_call(&once_, do_nothing, nullptr); }

private:
    weir_once_t once_ = WEIR_ONCE_INIT;
};

class WeirLatch {
public:
    void reset(unsigned count)
    {
        must(weir_latch_init(&latch_, count, 0), "weir_latch_init");
    }
    void count_down() { must(weir_latch_count_down(&latch_, 1), "count_down"); }
    void wait() { weir_latch_wait(&latch_); }

private:
    weir_latch_t latch_ = WEIR_LATCH_INIT;
};

/* Each wait with a token, of which a parent is cancelled as well. */
class WeirTokenSem {
public:
    explicit WeirTokenSem(unsigned value)
    {
        must(weir_sem_init(&sem_, value, WEIR_SEM_MAX, 0), "weir_sem_init");
        must(weir_token_init(&token_, &parent_, WEIR_FOREVER, 0),
             "weir_token_init");
    }
    WeirTokenSem(const WeirTokenSem &) = delete;
    WeirTokenSem &operator=(const WeirTokenSem &) = delete;

    void post() { weir_sem_post(&sem_); }
    void wait()
    {
        must(weir_sem_wait_with(&sem_, WEIR_FOREVER, &token_),
             "weir_sem_wait_with");
    }

private:
    weir_sem_t sem_;
    weir_token_t parent_ = WEIR_TOKEN_INIT;
    weir_token_t token_;
};

class WeirToken {
public:
    void reset(unsigned)
    {
        must(weir_token_init(&token_, nullptr, WEIR_FOREVER, 0),
             "weir_token_init");
    }
    void count_down() { weir_token_cancel(&token_); }
    void wait() { weir_token_wait(&token_); }

private:
    weir_token_t token_ = WEIR_TOKEN_INIT;
};

class WeirSeqlock {
public:
    void read(Record &to, const Record &from)
    {
        uint64_t begun;

        do {
            begun = weir_seqlock_read_begin(&lock_);
            weir_seqlock_load(&to, &from, sizeof(to));
        } while (weir_seqlock_read_retry(&lock_, begun));
    }
    void write(Record &to, const Record &from)
    {
        weir_seqlock_write(&lock_, &to, &from, sizeof(to));
    }

private:
    weir_seqlock_t lock_ = WEIR_SEQLOCK_INIT;
};

class WeirThread {
public:
    void start(void *(*fn)(void *), void *arg)
    {
        must(weir_thread_init(&thread_, nullptr, fn, arg), "weir_thread_init");
        must(weir_thread_start(&thread_), "weir_thread_start");
    }
    void *join()
    {
        void *result = nullptr;

        must(weir_thread_join(&thread_, WEIR_FOREVER, &result),
             "weir_thread_join");
        return result;
    }

private:
    weir_thread_t thread_;
};

template <unsigned Flags>
class WeirRwlock {
public:
    WeirRwlock() { must(weir_rwlock_init(&lock_, Flags), "weir_rwlock_init"); }
    void rdlock() { weir_rwlock_rdlock(&lock_); }
    void rdunlock() { weir_rwlock_rdunlock(&lock_); }
    void wrlock() { weir_rwlock_wrlock(&lock_); }
    void wrunlock() { weir_rwlock_wrunlock(&lock_); }

private:
    weir_rwlock_t lock_;
};

/* The functions as the dynamic linker finds them in the library.  A plain
 * call from C++ could be inlined, or bind to a copy in this program. */
template <class Function>
Function *exported(const char *name)
{
    return reinterpret_cast<Function *>(dlsym(RTLD_NEXT, name));
}

using MutexCall = int(weir_mutex_t *);
MutexCall *const call_lock = exported<MutexCall>("weir_mutex_lock");
MutexCall *const call_unlock = exported<MutexCall>("weir_mutex_unlock");
int (*const call_put)(weir_queue_t *, const void *) =
    exported<int(weir_queue_t *, const void *)>("weir_queue_put");
int (*const call_get)(weir_queue_t *, void *) =
    exported<int(weir_queue_t *, void *)>("weir_queue_get");

class WeirCallMutex {
public:
    void lock() { call_lock(&mutex_); }
    void unlock() { call_unlock(&mutex_); }

private:
    weir_mutex_t mutex_ = WEIR_MUTEX_INIT;
};

template <std::size_t Size>
class WeirCallQueue {
public:
    static constexpr bool fifo = true;

    explicit WeirCallQueue(std::size_t capacity)
    {
        must(weir_queue_create(&queue_, capacity, Size, 0),
             "weir_queue_create");
    }
    ~WeirCallQueue() { weir_queue_destroy(queue_); }
    WeirCallQueue(const WeirCallQueue &) = delete;
    WeirCallQueue &operator=(const WeirCallQueue &) = delete;

    void put(const Element<Size> &e)
    {
        must(call_put(queue_, &e), "weir_queue_put");
    }
    void get(Element<Size> &e) { must(call_get(queue_, &e), "weir_queue_get"); }

private:
    weir_queue_t *queue_ = nullptr;
};

class WeirAny {
public:
    explicit WeirAny(unsigned n) : sems_(n)
    {
        for (weir_sem_t &sem : sems_) {
            must(weir_sem_init(&sem, 0, WEIR_SEM_MAX, 0), "weir_sem_init");
            items_.push_back(weir_wait_on_sem(&sem));
        }
    }
    void post(unsigned which) { weir_sem_post(&sems_[which]); }
    unsigned wait()
    {
        std::size_t which;

        must(weir_wait_any(items_.data(), items_.size(), WEIR_FOREVER, &which),
             "weir_wait_any");
        return static_cast<unsigned>(which);
    }

private:
    std::vector<weir_sem_t> sems_;
    std::vector<weir_wait_item_t> items_;
};

const bool entered = [] {
    Enter("weir", 0, {true, true, "inline", "fast path from the header"})
        .mutex<WeirMutex>()
        .rmutex<WeirRmutex>()
        .cond<WeirMonitor>()
        .barrier<WeirBarrier>()
        .queue<WeirQueue>()
        .timer<WeirTimers>()
        .sem<WeirSem>()
        .event<WeirEvent>()
        .once<WeirOnce>()
        .latch<WeirLatch>()
        .any<WeirAny>()
        .seqlock<WeirSeqlock>()
        .thread<WeirThread>()
        .rwlock<WeirRwlock<0>>()
        .token<WeirTokenSem, WeirToken>();
    Enter("weir-readers", 6, {true, true, "inline", "WEIR_RW_PREFER_READER"})
        .rwlock<WeirRwlock<WEIR_RW_PREFER_READER>>();
    if (call_lock == nullptr || call_unlock == nullptr || call_put == nullptr ||
        call_get == nullptr)
        return false; /* linked statically: there is only one boundary */
    Enter("weir-call", 1, {true, true, "call", "through libweir.so's symbols"})
        .mutex<WeirCallMutex>(kFull)
        .queue<WeirCallQueue>(kFull);
    return true;
}();

} // namespace

} // namespace wbench
