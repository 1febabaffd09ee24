/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Who takes part, and in what.  A contestant enters itself from a file of
 * its own (contestants/, peers/); each primitive's file lists its cases.
 */
#ifndef WEIR_BENCH_REGISTRY_H
#define WEIR_BENCH_REGISTRY_H

#include "harness/slice.h"

#include <array>
#include <string>
#include <vector>

namespace benchmark {
class State;
}

namespace wbench {

using RunGBench = void (*)(benchmark::State &state, const Shape &shape);

/* What a reader must know before comparing two rows. */
struct Traits {
    bool ours = false;    /* weir itself, by whatever boundary */
    bool blocking = true; /* waiters sleep; a spin lock's do not */
    const char *boundary = "call";
    const char *note = "";
    bool yardstick = false; /* does less than the others: no rival */
    bool peer = false;      /* another library: neither ours nor the system's */
};

inline Traits peer_traits(bool blocking, const char *boundary, const char *note)
{
    return {false, blocking, boundary, note, false, true};
}

/* When a contestant or a case takes part: bits. */
inline constexpr unsigned kSmoke = 1;
inline constexpr unsigned kDefault = 2;
inline constexpr unsigned kFull = 4;

struct Entry {
    RunSlice slice = nullptr;
    RunGBench gbench = nullptr;
    unsigned levels = 0;
    bool one_to_one = false; /* for one producer and one consumer only */
};

struct Contestant {
    std::string name;
    int rank = 0; /* order of columns and colours; weir is 0 */
    Traits traits;
    std::array<Entry, kKinds> entries;

    const Entry &entry(Kind kind) const
    {
        return entries[static_cast<std::size_t>(kind)];
    }
};

/* Collects the kinds of work that a library can do.  The templates are in
 * harness/enter.h, which only the contestants' files include. */
class Enter {
public:
    Enter(const char *name, int rank, Traits traits);
    ~Enter();

    template <class M>
    Enter &mutex(unsigned levels = kAlways);
    /* M's threads have a mutex each: contended cases only. */
    template <class M>
    Enter &mutex_apart(unsigned levels = kAlways);
    template <class M>
    Enter &rmutex(unsigned levels = kAlways);
    template <class M>
    Enter &cond(unsigned levels = kAlways);
    template <class B>
    Enter &barrier(unsigned levels = kAlways);
    template <class T>
    Enter &timer(unsigned levels = kAlways);
    template <template <std::size_t> class Q>
    Enter &queue(unsigned levels = kAlways);
    /* Q is for one producer and one consumer. */
    template <template <std::size_t> class Q>
    Enter &queue_one_to_one(unsigned levels = kAlways);
    template <class S>
    Enter &sem(unsigned levels = kAlways);
    template <class E>
    Enter &event(unsigned levels = kAlways);
    template <class O>
    Enter &once(unsigned levels = kAlways);
    template <class L>
    Enter &latch(unsigned levels = kAlways);
    template <class A>
    Enter &any(unsigned levels = kAlways);
    template <class S>
    Enter &seqlock(unsigned levels = kAlways);
    template <class T>
    Enter &thread(unsigned levels = kAlways);
    template <class R>
    Enter &rwlock(unsigned levels = kAlways);
    template <class S, class T>
    Enter &token(unsigned levels = kAlways);

    static constexpr unsigned kAlways = kSmoke | kDefault | kFull;

private:
    Enter &add(Kind kind, RunSlice slice, RunGBench gbench, unsigned levels);

    Contestant contestant_;
};

enum class Metric { ns_per_op, mops };

/* What a row of the design's table asks for. */
struct Target {
    enum class Unit {
        times_rival,         /* >= bound times as good as `rival` */
        times_best_blocking, /* >= bound times the best blocking rival */
        times_best_peer,     /* >= bound times the best peer, whatever it is */
        times_best_spinning, /* >= bound times the best peer that only spins */
        rmw,                 /* <= bound locked read-modify-writes */
        rtt,                 /* <= bound cache-line round trips */
        fairness,            /* slowest / fastest thread >= bound */
        longest_wait         /* <= bound times the rival's longest wait */
    };
    Unit unit;
    double bound;
    const char *who = "weir";
    const char *rival = "glibc";
};

struct Case {
    std::string name;
    Kind kind;
    Shape shape;
    unsigned levels;
    bool extras; /* contestants of the full grid come to the default too */
    std::vector<Target> targets;

    bool has(const Contestant &contestant, unsigned level) const;

    Metric metric() const;
    unsigned thread_count() const;
    /* "M/s", or what takes the nanoseconds. */
    const char *unit() const;
    /* Longer slices where a round through all threads takes longer. */
    int64_t slice_ns(int64_t base) const;
};

/* Sorted by rank. */
std::vector<Contestant> &contestants();
/* All cases, of all levels, in the order of the report. */
const std::vector<Case> &cases();

std::vector<Case> mutex_cases();
std::vector<Case> cond_cases();
std::vector<Case> barrier_cases();
std::vector<Case> queue_cases();
std::vector<Case> timer_cases();
std::vector<Case> signal_cases();
std::vector<Case> small_cases();
std::vector<Case> wait_cases();
std::vector<Case> thread_cases();
std::vector<Case> rwlock_cases();
std::vector<Case> token_cases();

} // namespace wbench

#endif
