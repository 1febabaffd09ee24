/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Put, get and close (src/futex/queue.c, queue_wait.c, queue_close.c), on the
 * ring of src/atomics/ring.c with CELLS cells: PUTTERS threads put PUTS
 * elements each, and give up when a deadline passes; GETTERS get until the
 * queue is closed and empty; one thread closes it.  No position is got twice
 * or unpublished, what was claimed before the close is got, and all threads
 * come home.
 *
 * Put and get are one algorithm, with the sides exchanged: side 0 puts, waits
 * for not_full (eventcount 1) and notifies not_empty (0); side 1 the reverse.
 * A turn is 2 * round, + 1 when there is an element.
 */
#ifndef PUTTERS
#define PUTTERS 1
#endif
#ifndef GETTERS
#define GETTERS 1
#endif
#ifndef PUTS
#define PUTS 2
#endif
#ifndef CELLS
#define CELLS 1
#endif
#ifndef CLOSER
#define CLOSER 1
#endif
#define WORKERS (PUTTERS + GETTERS)
#define THREADS (WORKERS + CLOSER)
#define RELEASER 0
#define EVENTCOUNTS 2
#define POSITIONS (PUTTERS * PUTS + CELLS + 1)

byte position[2]; /* tail, head */
bit closed;       /* in the word of tail */
byte turn[CELLS];
byte pending[THREADS]; /* the store buffer: 1 + the position, */
bit by_get[THREADS];   /* and whether it was got */
bit got[POSITIONS];

/* The turn that a claim of position p on a side publishes. */
#define published(p, side)                                                     \
    (side -> 2 * ((p) / CELLS) + 2 : 2 * ((p) / CELLS) + 1)
#define store(t)                                                               \
    pending[t] = p + 1;                                                        \
    by_get[t] = side
#define drain(t)                                                               \
    turn[(pending[t] + CELLS - 1) % CELLS] = (pending[t] ->                    \
        published(pending[t] - 1, by_get[t]) :                                 \
        turn[(pending[t] + CELLS - 1) % CELLS]);                               \
    pending[t] = 0;                                                            \
    by_get[t] = 0
/* A thread's own store is seen by itself at once. */
#define turn_at(t, q)                                                          \
    (pending[t] && (pending[t] - 1) % CELLS == (q) % CELLS ->                  \
        published(pending[t] - 1, by_get[t]) : turn[(q) % CELLS])

#define is_more(t)                                                             \
    ((side -> closed && position[0] == position[1] : closed) ||                \
     turn[position[side] % CELLS] == 2 * (position[side] / CELLS) + side)

#ifdef WRONG_CLOSE_BESIDE_TAIL
#define claimable (position[side] == p)
#else
#define claimable (position[side] == p && !(side == 0 && closed))
#endif

/* Why there is nothing for this side at p: the other position, then its own
 * again. */
inline why_not(t) {
    atomic {
        other = position[1 - side];
        was_closed = closed
    }
    atomic {
        if
#ifdef WRONG_SHUT_EARLY
        :: side == 1 && was_closed -> done = 1; shut = 1; looking = 0
        :: side == 0 || !was_closed ->
            looking = position[side] != p || (side == 0 && closed)
#else
        :: position[side] != p || (side == 0 && closed) -> looking = 1
        :: position[side] == p && !(side == 0 && closed) ->
            looking = 0;
            done = side == 1 && other == p && was_closed;
            shut = done
#endif
        fi;
        other = 0;
        was_closed = 0
    }
}

/* One ring operation; a claim is published by release(). */
inline ring(t) {
    looking = 1;
    do
    :: atomic {
        looking && side == 0 && closed -> done = 1; shut = 1; looking = 0
    }
    :: atomic { looking && !(side == 0 && closed) -> p = position[side] }
        if
        :: turn_at(t, p) == 2 * (p / CELLS) + side ->
            atomic {
                drain(t);
                if
                :: claimable ->
                    position[side] = p + 1;
                    claimed = 1;
                    looking = 0
                :: else
                fi
            }
        :: else -> why_not(t)
        fi
    :: !looking -> break
    od
}

inline attempt(t) {
    ring(t);
    if
    :: claimed ->
        atomic {
            if
            :: side == 1 -> assert(p < position[0] && !got[p]); got[p] = 1
            :: else
            fi;
            claimed = 0
        }
        release(side, t);
        done = 1
    :: else
    fi;
    p = 0
}

#include "sleeping.inc"

active [WORKERS] proctype worker() {
    LOCALS;
    byte p;     /* a position */
    byte other; /* the other side's */
    byte n;     /* elements put */
    bit side = (_pid >= PUTTERS);
    bit was_closed;
    bit looking;
    bit claimed;
    bit shut;
    do
    :: !shut && (side == 1 || n < PUTS) ->
        attempt(_pid);
        if
        :: !done -> await(1 - side, _pid)
        :: else
        fi;
        n = (side == 0 -> (done -> n + 1 : PUTS) : 0);
        done = 0
    :: else -> break
    od;
    gone: running--
}

#if CLOSER
active proctype closer() {
    LOCALS;
#ifdef WRONG_CLOSE_TELLS_FIRST
    notify_all(0, _pid);
    notify_all(1, _pid);
    closed = 1;
#else
    closed = 1;
    notify_all(0, _pid);
#ifndef WRONG_CLOSE_ONE_SIDE
    notify_all(1, _pid);
#endif
#endif
    running--
}
#endif

/* A CPU, which drains its store buffer in the end. */
active [WORKERS] proctype memory() {
    do
    :: atomic { pending[_pid - THREADS] -> drain(_pid - THREADS) }
    :: over -> break
    od
}

#if THREADS == 2
#define some_pending (pending[0] || pending[1])
#define some_sleep (asleep[0] || asleep[1])
#elif THREADS == 3
#define some_pending (pending[0] || pending[1] || pending[2])
#define some_sleep (asleep[0] || asleep[1] || asleep[2])
#elif THREADS == 4
#define some_pending (pending[0] || pending[1] || pending[2] || pending[3])
#define some_sleep (asleep[0] || asleep[1] || asleep[2] || asleep[3])
#else
#define some_pending                                                           \
    (pending[0] || pending[1] || pending[2] || pending[3] || pending[4])
#define some_sleep                                                             \
    (asleep[0] || asleep[1] || asleep[2] || asleep[3] || asleep[4])
#endif

active proctype judge() {
    rest(!some_pending, some_sleep || (GETTERS && position[0] != position[1]))
}
