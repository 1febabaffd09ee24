/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * nsync: a mutex that is a read-write lock as well, condition variables,
 * counters that one waits for, and notes that cancel waits.
 */
#include "harness/enter.h"

/* As libnsync_cpp was built: its words are std::atomic. */
#define NSYNC_ATOMIC_CPP11 1
#include <nsync.h>

namespace wbench {

namespace {

class NsyncMutex {
public:
    NsyncMutex() { nsync::nsync_mu_init(&mutex_); }

    void lock() { nsync::nsync_mu_lock(&mutex_); }
    void unlock() { nsync::nsync_mu_unlock(&mutex_); }

private:
    nsync::nsync_mu mutex_;
};

class NsyncRwlock {
public:
    NsyncRwlock() { nsync::nsync_mu_init(&lock_); }

    void rdlock() { nsync::nsync_mu_rlock(&lock_); }
    void rdunlock() { nsync::nsync_mu_runlock(&lock_); }
    void wrlock() { nsync::nsync_mu_lock(&lock_); }
    void wrunlock() { nsync::nsync_mu_unlock(&lock_); }

private:
    nsync::nsync_mu lock_;
};

class NsyncMonitor {
public:
    NsyncMonitor()
    {
        nsync::nsync_mu_init(&mutex_);
        for (nsync::nsync_cv &condition : conditions_)
            nsync::nsync_cv_init(&condition);
    }

    void lock() { nsync::nsync_mu_lock(&mutex_); }
    void unlock() { nsync::nsync_mu_unlock(&mutex_); }
    void wait(unsigned i) { nsync::nsync_cv_wait(&conditions_[i], &mutex_); }
    void signal(unsigned i) { nsync::nsync_cv_signal(&conditions_[i]); }
    void broadcast(unsigned i) { nsync::nsync_cv_broadcast(&conditions_[i]); }

private:
    nsync::nsync_mu mutex_;
    nsync::nsync_cv conditions_[2];
};

void do_nothing() {}

class NsyncOnce {
public:
    void call() { nsync::nsync_run_once(&once_, do_nothing); }

private:
    nsync::nsync_once once_ = NSYNC_ONCE_INIT;
};

/* Counters and notes are allocated one by one: there is no other way. */
class NsyncLatch {
public:
    NsyncLatch() = default;
    ~NsyncLatch() { discard(); }
    NsyncLatch(const NsyncLatch &) = delete;
    NsyncLatch &operator=(const NsyncLatch &) = delete;

    void reset(unsigned count)
    {
        discard();
        counter_ = nsync::nsync_counter_new(count);
    }
    void count_down() { nsync::nsync_counter_add(counter_, -1); }
    void wait()
    {
        nsync::nsync_counter_wait(counter_, nsync::nsync_time_no_deadline);
    }

private:
    void discard()
    {
        if (counter_ != nullptr)
            nsync::nsync_counter_free(counter_);
    }

    nsync::nsync_counter counter_ = nullptr;
};

class NsyncNote {
public:
    NsyncNote() = default;
    ~NsyncNote() { discard(); }
    NsyncNote(const NsyncNote &) = delete;
    NsyncNote &operator=(const NsyncNote &) = delete;

    void reset(unsigned)
    {
        discard();
        note_ = nsync::nsync_note_new(nullptr, nsync::nsync_time_no_deadline);
    }
    void count_down() { nsync::nsync_note_notify(note_); }
    void wait()
    {
        nsync::nsync_note_wait(note_, nsync::nsync_time_no_deadline);
    }

private:
    void discard()
    {
        if (note_ != nullptr)
            nsync::nsync_note_free(note_);
    }

    nsync::nsync_note note_ = nullptr;
};

/* A semaphore whose waits a note cancels, which has a parent, as weir's token
 * there: what nsync's conditions are made for. */
class NsyncTokenSem {
public:
    explicit NsyncTokenSem(unsigned value)
        : parent_(
              nsync::nsync_note_new(nullptr, nsync::nsync_time_no_deadline)),
          note_(nsync::nsync_note_new(parent_, nsync::nsync_time_no_deadline)),
          value_(value)
    {
        nsync::nsync_mu_init(&mutex_);
        nsync::nsync_cv_init(&condition_);
    }
    ~NsyncTokenSem()
    {
        nsync::nsync_note_free(note_);
        nsync::nsync_note_free(parent_);
    }
    NsyncTokenSem(const NsyncTokenSem &) = delete;
    NsyncTokenSem &operator=(const NsyncTokenSem &) = delete;

    void post()
    {
        nsync::nsync_mu_lock(&mutex_);
        value_++;
        nsync::nsync_cv_signal(&condition_);
        nsync::nsync_mu_unlock(&mutex_);
    }
    void wait()
    {
        int outcome = 0;

        nsync::nsync_mu_lock(&mutex_);
        while (value_ == 0 && outcome == 0)
            outcome = nsync::nsync_cv_wait_with_deadline(
                &condition_, &mutex_, nsync::nsync_time_no_deadline, note_);
        value_ -= value_ != 0;
        nsync::nsync_mu_unlock(&mutex_);
    }

private:
    nsync::nsync_mu mutex_;
    nsync::nsync_cv condition_;
    nsync::nsync_note parent_;
    nsync::nsync_note note_;
    unsigned value_;
};

const bool entered = [] {
    Enter("nsync", 10, peer_traits(true, "call", "designated waker"))
        .mutex<NsyncMutex>()
        .rwlock<NsyncRwlock>(kFull)
        .cond<NsyncMonitor>(kFull)
        .once<NsyncOnce>(kFull)
        .latch<NsyncLatch>(kFull)
        .token<NsyncTokenSem, NsyncNote>(kFull);
    return true;
}();

} // namespace

} // namespace wbench
