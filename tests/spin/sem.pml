/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The semaphore (src/futex/sem.c).  SLEEPERS threads take a permit each, ROUNDS
 * times, and may give up; POSTERS post EACH permits at once, POSTS times;
 * BORROWERS take one if there is one, and give it back.  When all have come to
 * rest, no sleeper sleeps while there is a permit (I1).
 *
 * One step is one access to the word: all that change it are compare-and-swaps,
 * whose failures change nothing, and which no store buffer delays.  Who is woken
 * is any sleeper; deadlines pass at any time during a sleep.
 */
#ifndef SLEEPERS
#define SLEEPERS 2
#endif
#ifndef POSTERS
#define POSTERS 2
#endif
#ifndef BORROWERS
#define BORROWERS 0
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef POSTS
#define POSTS 1
#endif
#ifndef EACH
#define EACH 1
#endif
#ifndef SPURIOUS
#define SPURIOUS 0 /* returns of the kernel for no reason, in all */
#endif
#ifndef PATIENT
#define PATIENT 0 /* 1: no deadlines */
#endif
#ifndef KILLS
#define KILLS 0 /* 1: shared; a thread is killed, at any step */
#endif
#define THREADS (SLEEPERS + POSTERS + BORROWERS)

byte value;
bit waiters;            /* the mark */
bit asleep[THREADS];
bit sliced[THREADS];    /* had its slice of time, after all came to rest */
byte running = THREADS; /* neither asleep nor gone */
byte spurious = SPURIOUS;
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

#define rouse(t)                                                               \
    asleep[t] = 0;                                                             \
    running++

#define some_sleep                                                             \
    (asleep[0] || asleep[1 % SLEEPERS] || asleep[2 % SLEEPERS])
#define some_may_look                                                          \
    (may_look(0) || may_look(1 % SLEEPERS) || may_look(2 % SLEEPERS))

/* One call of the kernel, for `owes` sleepers. */
inline wake() {
    atomic {
        do
        :: owes > 0 ->
            if
            :: asleep[0] -> rouse(0)
#if SLEEPERS > 1
            :: asleep[1] -> rouse(1)
#endif
#if SLEEPERS > 2
            :: asleep[2] -> rouse(2)
#endif
            :: else -> owes = 1 /* nobody is there */
            fi;
            owes--
        :: else -> break
        od
    }
}

inline post(n) {
    atomic {
#ifdef WRONG_CALLS_NOBODY
        owes = 0;
#else
        owes = waiters * (n);
#endif
        value = value + (n);
        waiters = 0
    }
    wake()
}

/* If there is a permit; what was found otherwise is acted upon. */
inline take() {
    atomic {
        if
        :: value > 0 ->
            value--;
            got = 1;
            if
            :: slept && value == 0 ->
#ifndef WRONG_NO_MARK_AFTER_SLEEP
                waiters = 1
#else
                skip
#endif
            :: slept && value > 0 ->
#ifndef WRONG_NOT_PASSED_ON
                owes = 1
#else
                skip
#endif
            :: !slept
            fi
        :: value == 0 && expired ->
#ifdef WRONG_LEAVER_CLEARS
            waiters = 0
#else
            skip
#endif
        :: value == 0 && !expired -> marked = waiters
        fi
    }
    wake()
}

/* Set the mark in the very state that was found. */
inline mark() {
#ifdef WRONG_UNMARKED
    marked = 1;
#endif
    atomic {
        if
        :: marked
        :: !marked && value == 0 && !waiters ->
            waiters = 1;
            marked = 1
        :: !marked && (value > 0 || waiters)
        fi
    }
}

inline sleep() {
    atomic {
        if
#if defined(WRONG_UNMARKED) || defined(WRONG_SLEEPS_ON_WHAT_COMES)
        :: value == 0 ->
#else
        :: value == 0 && waiters ->
#endif
            asleep[_pid] = 1;
            running--
        :: else
        fi
    }
    if
    :: atomic {
        !asleep[_pid] ->
#ifdef WRONG_GIVES_UP_WHEN_WOKEN
        if
        :: true
        :: expired = 1
        fi
#endif
    }
#if !PATIENT
    :: atomic { asleep[_pid] -> rouse(_pid); expired = 1 }
#endif
#if SPURIOUS
    :: atomic { asleep[_pid] && spurious > 0 -> rouse(_pid); spurious-- }
#endif
#if KILLS
    :: atomic { may_look(_pid) && passing -> rouse(_pid); sliced[_pid] = 1 }
#endif
    :: atomic { asleep[_pid] && over -> rouse(_pid); goto gone }
    fi
#ifndef WRONG_FORGETS_THAT_IT_SLEPT
    slept = 1;
#endif
    marked = 0
}

active [SLEEPERS] proctype sleeper() {
    byte round, owes;
    bit slept, expired, got, marked;
    {
        do
        :: round < ROUNDS ->
            do
            :: true ->
                take();
                if
                :: got || expired -> break
                :: else ->
                    mark();
                    if
                    :: marked -> sleep()
                    :: else
                    fi
                fi
            od;
            atomic { got = 0; expired = 0; slept = 0; marked = 0; round++ }
        :: else -> break
        od;
        gone: end()
    } MORTAL
}

active [POSTERS] proctype poster() {
    byte times, owes;
    {
        do
        :: times < POSTS -> post(EACH); times++
        :: else -> break
        od;
        end()
    } MORTAL
}

#if BORROWERS
active [BORROWERS] proctype borrower() {
    byte owes;
    bit slept, got, marked, expired;
    {
        take();
        if
        :: got -> post(1)
        :: else
        fi;
        end()
    } MORTAL
}
#endif

/* Nobody runs, nor is about to be killed; then slices of time pass; then all
 * is as it ought to be. */
active proctype judge() {
    running == 0 && victim == 0 -> passing = 1;
    running == 0 && victim == 0 && !some_may_look;
    assert(!(value > 0 && some_sleep));
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
