/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * SLEEPERS threads wait for a token each, ROUNDS times, and may give up;
 * RELEASERS release TOKENS each.  When all have come to rest, no sleeper
 * sleeps while there is a token (I1 of src/futex/eventcount.c).  With CLOSER
 * the last releaser ends all waits, with one call for all.
 */
#ifndef SLEEPERS
#define SLEEPERS 2
#endif
#ifndef RELEASERS
#define RELEASERS 2
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef TOKENS
#define TOKENS 1
#endif
#ifndef CLOSER
#define CLOSER 0
#endif
#define THREADS (SLEEPERS + RELEASERS)
#define RELEASER SLEEPERS
#define EVENTCOUNTS 1

byte tokens;            /* in memory */
byte buffered[THREADS]; /* released, but in the store buffer still */
bit closed;

#define store(t) buffered[t]++
#define drain(t)                                                               \
    tokens = tokens + buffered[t];                                             \
    buffered[t] = 0
#define is_more(t) (tokens > 0 || closed)

inline attempt(me) {
    atomic {
        if
        :: tokens > 0 -> tokens--; done = 1
        :: tokens == 0 -> done = closed
        fi
    }
}

#include "sleeping.inc"

#if KILLS
bit gone_by[THREADS];
#define MORTAL                                                                 \
    unless {                                                                   \
        atomic {                                                               \
            victim == _pid + 1 ->                                              \
            victim = 0;                                                        \
            running = running - (asleep[_pid] == 0);                           \
            asleep[_pid] = 0                                                   \
        }                                                                      \
    }
#define end()                                                                  \
    atomic {                                                                   \
        running--;                                                             \
        gone_by[_pid] = 1                                                      \
    }
#else
#define MORTAL
#define end() running--
#endif

active [SLEEPERS] proctype sleeper() {
    LOCALS;
    byte round;
    {
        do
        :: round < ROUNDS ->
            await(0, _pid);
            done = 0;
            round++
        :: else -> break
        od;
        gone: end()
    } MORTAL
}

active [RELEASERS] proctype releaser() {
    LOCALS;
    byte token;
    {
        do
        :: token < TOKENS && !(CLOSER && _pid == THREADS - 1) ->
            release(0, _pid);
            token++
        :: else -> break
        od;
#if CLOSER
        if
        :: _pid == THREADS - 1 ->
            atomic { closed = 1 }
            notify_all(0, _pid)
        :: else
        fi;
#endif
        end()
    } MORTAL
}

/* A CPU, which drains its store buffer in the end. */
active [RELEASERS] proctype memory() {
    do
    :: atomic {
        buffered[_pid - RELEASERS] > 0 ->
        buffered[_pid - RELEASERS]--;
        tokens++
    }
    :: over -> break
    od
}

active proctype judge() {
    rest(buffered[RELEASER] + buffered[THREADS - 1] == 0,
         (tokens > 0 || closed) && (asleep[0] || asleep[SLEEPERS - 1]))
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
