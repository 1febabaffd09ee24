/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "selfcheck.h"
#include "contestants/glibc_queue.h"
#include "harness/enter.h"
#include "report/format.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <unistd.h>

namespace wbench {

namespace {

constexpr int kBrokenRank = 1000;

class OpenDoor {
public:
    void lock() {}
    void unlock() {}
};

class LostWake {
public:
    void lock()
    {
        if (++locks_ > 5000)
            pause();
        pthread_mutex_lock(&mutex_);
    }
    void unlock() { pthread_mutex_unlock(&mutex_); }

private:
    pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
    std::atomic<unsigned> locks_{0};
};

class Crash {
public:
    void lock()
    {
        if (++locks_ > 5000)
            raise(SIGKILL);
        pthread_mutex_lock(&mutex_);
    }
    void unlock() { pthread_mutex_unlock(&mutex_); }

private:
    pthread_mutex_t mutex_ = PTHREAD_MUTEX_INITIALIZER;
    std::atomic<unsigned> locks_{0};
};

class NoBarrier {
public:
    explicit NoBarrier(unsigned) {}
    void wait() {}
};

/* Lets all in. */
class NoSem {
public:
    explicit NoSem(unsigned) {}
    void post() {}
    void wait() { sched_yield(); }
};

class NoEvent {
public:
    void set() {}
    void clear() {}
    void wait() { sched_yield(); }
};

template <std::size_t Size>
class Sieve : public GlibcQueue<Size, PTHREAD_MUTEX_TIMED_NP> {
public:
    using Base = GlibcQueue<Size, PTHREAD_MUTEX_TIMED_NP>;
    using Base::Base;

    void put(const Element<Size> &e)
    {
        if (e.tag() == kEndToken || e.tag() % 1000 != 999)
            Base::put(e);
    }
};

/* Hands each pair of elements out in the wrong order. */
template <std::size_t Size>
class Shuffle : public GlibcQueue<Size, PTHREAD_MUTEX_TIMED_NP> {
public:
    using Base = GlibcQueue<Size, PTHREAD_MUTEX_TIMED_NP>;
    using Base::Base;

    void put(const Element<Size> &e)
    {
        Element<Size> changed = e;

        if (e.tag() != kEndToken)
            changed.set(e.tag() ^ 1);
        Base::put(changed);
    }
};

Outcome expected_of(const Contestant &who)
{
    if (who.name == "broken-hang")
        return Outcome::hung;
    if (who.name == "broken-crash")
        return Outcome::crashed;
    return Outcome::failed;
}

} // namespace

void enter_broken()
{
    const Traits traits = {false, true, "call", "broken on purpose"};

    Enter("broken-open", kBrokenRank, traits).mutex<OpenDoor>();
    Enter("broken-hang", kBrokenRank, traits).mutex<LostWake>();
    Enter("broken-crash", kBrokenRank, traits).mutex<Crash>();
    Enter("broken-barrier", kBrokenRank, traits).barrier<NoBarrier>();
    Enter("broken-sem", kBrokenRank, traits).sem<NoSem>();
    Enter("broken-event", kBrokenRank, traits).event<NoEvent>();
    Enter("broken-loss", kBrokenRank, traits).queue<Sieve>();
    Enter("broken-order", kBrokenRank, traits).queue<Shuffle>();
}

bool broken_can_play(Kind kind)
{
    return kind == Kind::mutex_contended || kind == Kind::barrier ||
           kind == Kind::queue_flow || kind == Kind::sem_pingpong ||
           kind == Kind::event_pingpong;
}

bool all_found_out(const std::vector<CaseData> &results)
{
    bool all = true;

    for (const CaseData &data : results) {
        for (const Participant &participant : data.participants) {
            const Contestant &who = *participant.who;
            const bool broken = who.rank == kBrokenRank;
            const Outcome expected = broken ? expected_of(who) : Outcome::ok;
            const bool found = participant.outcome == expected;

            all = all && found;
            if (broken || !found)
                printf("%-26s %-16s %-8s %s\n", data.the_case->name.c_str(),
                       who.name.c_str(), outcome_name(participant.outcome),
                       found ? "as it should be" : "WRONG");
        }
    }
    return all;
}

} // namespace wbench
