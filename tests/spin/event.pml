/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The event (src/futex/event.c).  Two threads, or one, wait, ROUNDS times, until it is
 * set, or was since their wait began, or a deadline passes; SETTERS set it and
 * clear it PULSES times, and the first of them sets it at the end if LAST.  When
 * all have come to rest, nobody sleeps in whose epoch it was set (I1).
 *
 * One step is one access to the word: all that change it are compare-and-swaps.
 * A shared one: a thread may be killed at any step, and sleepers look again.
 */
#ifndef WAITERS
#define WAITERS 2
#endif
#ifndef SETTERS
#define SETTERS 2
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef PULSES
#define PULSES 1
#endif
#ifndef LAST
#define LAST 0
#endif
#ifndef PATIENT
#define PATIENT 0 /* 1: no deadlines */
#endif
#ifndef KILLS
#define KILLS 0 /* 1: shared; a thread is killed, at any step */
#endif
#define THREADS (WAITERS + SETTERS)

bit flag;    /* SET */
bit waiters; /* the mark */
byte epoch;
byte began[WAITERS];
bit was_set[WAITERS];   /* since its wait began; nobody looks at that */
bit asleep[THREADS];
bit sliced[WAITERS];    /* had its slice of time, after all came to rest */
byte running = THREADS; /* neither asleep nor gone */
byte victim; /* 1 + who is killed at its next step */
bit passing; /* all came to rest: slices of time pass */
bit over;    /* nothing more to come: sleepers may go */

#if KILLS
bit gone_by[THREADS];
#define MORTAL                                                                 \
    unless {                                                                   \
        atomic {                                                               \
            victim == _pid + 1 ->                                              \
            victim = 0;                                                        \
            running = running - !asleep[_pid];                                 \
            asleep[_pid] = 0                                                   \
        }                                                                      \
    }
#define end()                                                                  \
    atomic {                                                                   \
        running--;                                                             \
        gone_by[_pid] = 1                                                      \
    }
#ifdef WRONG_NO_SLICES
#define may_look(t) 0
#else
#define may_look(t) (asleep[t] && !sliced[t])
#endif
#else
#define MORTAL
#define end() running--
#define may_look(t) 0
#endif

#define some_may_look (may_look(0) || may_look(WAITERS - 1))
#define is_over(t) (flag || epoch != began[t])

#define rouse(t)                                                               \
    asleep[t] = 0;                                                             \
    running++

/* -- Setting and clearing ----------------------------------------------- */

inline wake_all() {
    atomic {
        do
        :: i < WAITERS ->
            if
            :: asleep[i] ->
                rouse(i)
#ifdef WRONG_WAKES_ONE
                ; break
#endif
            :: else
            fi;
            i++
        :: else -> break
        od;
        i = 0
    }
}

inline set() {
    atomic {
        owes = waiters;
        flag = 1;
        waiters = 0;
        was_set[0] = 1;
        was_set[WAITERS - 1] = 1
    }
#ifndef WRONG_CALLS_NOBODY
    if
    :: owes -> wake_all()
    :: else
    fi
#endif
}

inline clear() {
    atomic {
        if
        :: flag ->
            flag = 0;
#ifndef WRONG_NO_EPOCH
            epoch++
#else
            skip
#endif
        :: else
        fi
    }
}

/* -- Waiting ------------------------------------------------------------ */

/* Mark what was found, and sleep on it, unless it has changed. */
inline sleep_on() {
#ifdef WRONG_UNMARKED
    marked = 1;
#else
    atomic {
        if
        :: marked
        :: !marked && !flag && !waiters && epoch == seen ->
            waiters = 1;
            marked = 1
        :: else
        fi
    }
#endif
    if
    :: marked ->
        atomic {
            if
#if defined(WRONG_UNMARKED) || defined(WRONG_SLEEPS_ON_WHAT_COMES)
            :: !flag ->
#else
            :: !flag && waiters && epoch == seen ->
#endif
                asleep[_pid] = 1;
                running--
            :: else
            fi
        }
        if
        :: !asleep[_pid]
#if !PATIENT
        :: atomic { asleep[_pid] -> rouse(_pid); expired = 1 }
#endif
#if KILLS
        :: atomic { may_look(_pid) && passing -> rouse(_pid); sliced[_pid] = 1 }
#endif
        :: atomic { asleep[_pid] && over -> rouse(_pid); goto gone }
        fi
    :: else
    fi
}

inline wait() {
    atomic { began[_pid] = epoch; done = flag; was_set[_pid] = flag }
    do
    :: done || expired -> break
    :: else ->
        atomic { /* a look */
#ifdef WRONG_BELIEVES_THE_FLAG
            done = flag;
#else
            done = is_over(_pid);
#endif
            seen = epoch;
            marked = waiters
        }
        if
        :: !done -> sleep_on()
        :: else
        fi
    od;
    atomic { done = 0; expired = 0; seen = 0; marked = 0 }
}

active [WAITERS] proctype waiter() {
    byte round, seen;
    bit done, expired, marked;
    {
        do
        :: round < ROUNDS -> wait(); round++
        :: else -> break
        od;
        gone: end()
    } MORTAL
}

active [SETTERS] proctype setter() {
    byte times, i;
    bit owes;
    {
        do
        :: times < PULSES ->
            set();
            clear();
            times++
        :: else -> break
        od;
#if LAST
        if
        :: _pid == WAITERS -> set()
        :: else
        fi;
#endif
        end()
    } MORTAL
}

active proctype judge() {
    running == 0 && victim == 0 -> passing = 1;
    running == 0 && victim == 0 && !some_may_look;
    assert(!(asleep[0] && was_set[0]));
    assert(!(asleep[WAITERS - 1] && was_set[WAITERS - 1]));
    over = 1
}

#if KILLS
active proctype killer() {
    byte who;
    select (who : 0 .. THREADS); /* THREADS: nobody */
    if
    :: who < THREADS ->
        victim = who + 1;
        if
        :: victim == 0
        :: gone_by[who] -> victim = 0
        fi
    :: else
    fi
}
#endif
