/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Every number that was chosen and not derived, with where it was chosen:
 * a 2-CPU x86-64 guest (AMD Zen 3, Linux 6.18), 2026-11, by the benchmark
 * that each line names (docs/benchmarks.md).
 */
#ifndef WEIR_BASE_TUNABLES_H
#define WEIR_BASE_TUNABLES_H

/* Spinning before a sleep, in nanoseconds, looks, pauses and yields (spin.h).
 * A mutex is looked at seldom: its holder needs the line for each lock and
 * unlock that it can do meanwhile (mutex/t2/in10/out0: 128 pauses against 32,
 * 1.5 times). */
#define WEIR_SPIN_MUTEX_NS 10000
#define WEIR_SPIN_MUTEX_LONGEST 128
#define WEIR_SPIN_MUTEX_YIELDS 5
/* A read-write lock that others hold is spun for as a mutex is. */
#define WEIR_SPIN_RWLOCK_NS 10000
#define WEIR_SPIN_RWLOCK_LONGEST 128
#define WEIR_SPIN_RWLOCK_YIELDS 5
/* Who lost a compare-and-swap on its word to others leaves it to them for so long
 * first, twice as long if it loses again, and so many times: each of two threads
 * in turn then has its line for a hundred operations.  1, 3 and 5 us: 25, 35, 40
 * million operations a second (rwlock/mixed/t4/1in10), 7 if it tries at once. */
#define WEIR_RWLOCK_LOST_NS 4000
#define WEIR_RWLOCK_LOSSES 3
/* A queue is given time to fill or empty by more than one element first: in
 * step with the other side, each element would cost a line transfer
 * (queue/1x1); and longer if it was another of the own side that took what was
 * there (queue/2x2).  Then looks are frequent, then seldom.  Where nobody sleeps
 * it spins for longer: 0.4 instead of 2 us (queue/pingpong), but with 16 threads
 * on each side that would cost a third (queue/16x16). */
#define WEIR_SPIN_QUEUE_NS 2000
#define WEIR_SPIN_QUEUE_ALONE_NS 5000
#define WEIR_SPIN_QUEUE_FIRST_NS 150
#define WEIR_SPIN_QUEUE_LOST_NS 600
#define WEIR_SPIN_QUEUE_STEADY 16
#define WEIR_SPIN_QUEUE_LONGEST 32
#define WEIR_SPIN_QUEUE_YIELDS 5
/* Who has woken another thread waits for its answer for so many times what a
 * wake-up costs: with one, 4 to 9 round trips in a thousand still slept, with
 * one and a half or two, 0.3 (queue/pingpong); and at most so many wake-ups go
 * without, after answers that did not come. */
#define WEIR_SPIN_ANSWER_WAKES 2
#define WEIR_SPIN_ANSWER_DOUBT 63
/* Woken from an eventcount, and too late (queue/16x16, queue/1x4). */
#define WEIR_SPIN_WOKEN_YIELDS 3
/* A barrier spins for as long as a wake-up costs, if it lately paid; yields
 * cost about a microsecond each, and let others arrive (barrier/t16). */
#define WEIR_SPIN_BARRIER_LONGEST 8
#define WEIR_SPIN_BARRIER_YIELDS 48
/* A semaphore and an event are waited for as a queue is on which nobody sleeps:
 * what comes is one transfer of the line away.  The queue's figures, but for as
 * long as a wake-up costs once that is known (sem/pingpong/pinned, event/...:
 * 0.36 instead of 1.1 us, 0.31 instead of 0.9), and the count of spinners, which
 * is a line that moves as well, is for those who wait long (0.36, not 0.44 us). */
#define WEIR_SPIN_SIGNAL_NS 5000
#define WEIR_SPIN_SIGNAL_FREE_NS 1000
#define WEIR_SPIN_SIGNAL_STEADY 16
#define WEIR_SPIN_SIGNAL_LONGEST 32
#define WEIR_SPIN_SIGNAL_YIELDS 5

/* What a thread learns of pauses on an object (lesson.h): so much doubt is the
 * end of them, so much comes with each that was in vain; after that one wait in
 * so many has them, shorter where the others end by yields.
 * sem/pingpong/onecpu: 1.24 instead of 12 us, of which trials are a twentieth at
 * most. */
#define WEIR_LESSON_DOUBT_MAX 8
#define WEIR_LESSON_DOUBT_STEP 2
#define WEIR_LESSON_TRIAL_WAITS 32
#define WEIR_LESSON_TRIAL_NS 1000

/* Joining a thread: no pauses.  One that was started a moment ago waits for a
 * CPU, often this one; most others will not end soon (thread/1: 10 us of pauses,
 * as for a mutex, were 10 us lost).  Taken from a mutex but for that. */
#define WEIR_SPIN_JOIN_YIELDS 5

/* A wait for a condition spins as a semaphore's does, and only if it is alone
 * (cond/pingpong/pinned: 0.75 instead of 4 us, onecpu: 1.3 instead of 12). */
#define WEIR_SPIN_COND_NS 5000
#define WEIR_SPIN_COND_FREE_NS 1000
#define WEIR_SPIN_COND_STEADY 16
#define WEIR_SPIN_COND_LONGEST 32
#define WEIR_SPIN_COND_YIELDS 5
/* So many are let go at once, and the next by these (cond/broadcast16: 8 at a
 * time take 1.4 times as long).  They spin for the lock but shortly: who holds
 * it may have been preempted by the one that spins (cond/broadcast16: as for a
 * mutex takes 1.5 times as long). */
#define WEIR_COND_AT_ONCE 16u
#define WEIR_SPIN_CROWD_NS 1000
#define WEIR_SPIN_CROWD_LONGEST 32
#define WEIR_SPIN_CROWD_YIELDS 5

/* Bounds for the measured cost of one wake-up, should the measurement be
 * disturbed. */
#define WEIR_WAKE_COST_MIN_NS 2000
#define WEIR_WAKE_COST_MAX_NS 60000
#define WEIR_PAUSE_COST_MIN_PS 1000
#define WEIR_PAUSE_COST_MAX_PS 200000

/* At most a quarter of one CPU's time, in the whole process, goes into
 * making all threads pass a barrier (queue/16x16, queue/1x4), of which so much
 * may be saved up; and an object relaxes never sooner than this. */
#define WEIR_REVOKE_SHARE 4
#define WEIR_REVOKE_BURST_NS 10000000
#define WEIR_RELAX_MIN_NS 200000
/* Quiet releases before an object asks the clock whether it may relax. */
#define WEIR_RELAX_QUIET 64

/* At most 1/10 of the time may go into taking the bias from one read-write
 * lock (rwlock/mixed). */
#define WEIR_BIAS_SHARE 10
#define WEIR_BIAS_COST_MAX_NS 100000000
/* Reads since the last write before a read-write lock asks whether it may have
 * a bias: taking it back costs what a thousand reads may save (rwlock/mixed/t4/
 * 1in100: 1.07 times what 64 give). */
#define WEIR_BIAS_QUIET 1024

/* At most 1/10 of the time may a contended mutex be idle because it was
 * handed to a waiter that has yet to run (mutex/contended); and what one
 * hand-over can count for at most. */
#define WEIR_HANDOVER_SHARE 10
#define WEIR_HANDOVER_MAX_NS 10000000

/* A sleeper that cannot be sure of its wake-up looks again: where another
 * process may have died before waking it, and where the kernel refused the
 * barrier that it asked for. */
#define WEIR_SHARED_SLICE_NS 100000000
#define WEIR_UNSURE_SLICE_NS 1000000

/* Files that are armed at a time, in a process (futex/armed.c). */
#define WEIR_ARMED_SLOTS 1024

/* How long a thread sleeps where it has to look by itself (weir_wait_any, and who
 * takes back a file that is being written to): at first, and in the end. */
#define WEIR_WAIT_PAUSE_MIN_NS 50000
#define WEIR_WAIT_PAUSE_MAX_NS 1000000

/* Entries of threads that have ended, before the next to end waits until
 * nobody can be reading them and frees them all (thread/registry.c). */
#define WEIR_REGISTRY_RETIRED 64

#endif
