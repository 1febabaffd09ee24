/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Abseil: a mutex that is a read-write lock as well, condition variables, and
 * a counter that one waits for.  (Its Barrier is good for a single phase.)
 */
#include "harness/enter.h"

#include <absl/base/call_once.h>
#include <absl/synchronization/blocking_counter.h>
#include <absl/synchronization/mutex.h>

#include <optional>

namespace wbench {

namespace {

class AbslMutex {
public:
    void lock() { mutex_.Lock(); }
    void unlock() { mutex_.Unlock(); }

private:
    absl::Mutex mutex_;
};

class AbslRwlock {
public:
    void rdlock() { lock_.ReaderLock(); }
    void rdunlock() { lock_.ReaderUnlock(); }
    void wrlock() { lock_.WriterLock(); }
    void wrunlock() { lock_.WriterUnlock(); }

private:
    absl::Mutex lock_;
};

class AbslMonitor {
public:
    void lock() { mutex_.Lock(); }
    void unlock() { mutex_.Unlock(); }
    void wait(unsigned i) { conditions_[i].Wait(&mutex_); }
    void signal(unsigned i) { conditions_[i].Signal(); }
    void broadcast(unsigned i) { conditions_[i].SignalAll(); }

private:
    absl::Mutex mutex_;
    absl::CondVar conditions_[2];
};

class AbslOnce {
public:
    void call()
    {
        absl::call_once(once_, [] {});
    }

private:
    absl::once_flag once_;
};

/* One is good for a single use, and for one that waits. */
class AbslLatch {
public:
    void reset(unsigned count) { counter_.emplace(static_cast<int>(count)); }
    void count_down() { counter_->DecrementCount(); }
    void wait() { counter_->Wait(); }

private:
    std::optional<absl::BlockingCounter> counter_;
};

const bool entered = [] {
    Enter("absl", 11, peer_traits(true, "call", "designated waker"))
        .mutex<AbslMutex>()
        .rwlock<AbslRwlock>(kFull)
        .cond<AbslMonitor>(kFull)
        .once<AbslOnce>(kFull)
        .latch<AbslLatch>(kFull);
    return true;
}();

} // namespace

} // namespace wbench
