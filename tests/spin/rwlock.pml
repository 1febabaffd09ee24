/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The word of the read-write lock (src/futex/rwlock.h), without its bias.
 * READERS threads read and WRITERS threads write, ROUNDS times each, and may
 * give up.  No writer is inside beside anybody else; each move leaves a legal
 * word; and when all have come to rest, nobody sleeps unless somebody who was
 * killed holds the lock.  Nothing is opened before time has passed.  STRICT: a
 * writer sleeps not even until it has, since dead ones do not keep it out; so
 * it is with one round, but not with two: a waiter whose count was set to 0 may
 * leave by the count of one who came later, who then sleeps until time passes
 * (rwlock_open.c).
 *
 * One step is one access to shared memory; all moves are compare-and-swaps.  A
 * thread that waits acts on a state that it has seen, and compares all of it.
 * Whoever is woken to write is any of those that sleep for that; deadlines pass
 * at any time during a sleep.  A shared one (KILLS): a thread may be killed at any
 * step; time passes when all have come to rest, and then sleepers look again, and
 * a stamp becomes old.
 */
#ifndef READERS
#define READERS 2
#endif
#ifndef WRITERS
#define WRITERS 2
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef PREFER_READER
#define PREFER_READER 0
#endif
#ifndef PHASE_FAIR
#define PHASE_FAIR 0
#endif
#ifndef PATIENT
#define PATIENT 0 /* 1: no deadlines */
#endif
#ifndef KILLS
#define KILLS 0 /* 1: shared; a thread is killed, at any step */
#endif
#ifndef DEAD
#define DEAD 0 /* so many writers have died while they were counted */
#endif
#ifndef STRICT
#define STRICT 0 /* 1: no writer that lives has to wait for time to pass */
#endif
#ifndef SHARED
#define SHARED (KILLS || DEAD)
#endif
#define THREADS (READERS + WRITERS)
#define LOOKS 3 /* what a sleeper needs to see, to stamp and to open */

#define FRESH 1
#define OLD 2

bit writer;
bit readers_sleep, writers_sleep;
bit turn;
byte readers;
byte readers_waiting;
byte writers_waiting = DEAD;
byte stamp = (DEAD -> OLD : 0);

bit asleep[THREADS];
bit ticket[THREADS];    /* may look again, since time has passed */
byte running = THREADS; /* neither asleep nor gone */
byte victim;            /* 1 + who is killed at its next step */
byte reading, writing;  /* who is inside; nobody looks at that */
bit passed;             /* time has */
bit over;               /* nothing more to come: sleepers may go */

#define writes(t) ((t) >= READERS)

/* The lower half, on which threads sleep, and all of it. */
#define half                                                                   \
    (writer + 2 * (readers > 0) + 4 * (readers_waiting > 0) +                  \
     8 * readers_sleep + 16 * writers_sleep + 32 * turn +                      \
     64 * writers_waiting)
#define word (half + 1024 * readers + 8192 * readers_waiting)

#define reader_may                                                             \
    (!writer && (PREFER_READER || turn || writers_waiting == 0))
#define writer_may(queued)                                                     \
    (!writer && readers == 0 && !turn &&                                       \
     !(PREFER_READER && readers_waiting > 0) &&                                \
     ((queued) || !PHASE_FAIR || writers_waiting == 0))
#define may ((writes(_pid) && writer_may(queued)) ||                           \
             (!writes(_pid) && reader_may))
#define forgotten                                                              \
    (queued && ((writes(_pid) && writers_waiting == 0) ||                      \
                (!writes(_pid) && readers_waiting == 0)))

#if KILLS
bit gone_by[THREADS];
#define MORTAL                                                                 \
    unless {                                                                   \
        atomic {                                                               \
            victim == _pid + 1 ->                                              \
            victim = 0;                                                        \
            running = running - !asleep[_pid];                                 \
            asleep[_pid] = 0;                                                  \
            ticket[_pid] = 0                                                   \
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

#define rouse(t)                                                               \
    asleep[t] = 0;                                                             \
    ticket[t] = 0;                                                             \
    running++

#define LOCALS                                                                 \
    byte round, i;                                                             \
    short seen;  /* the state that is acted upon */                            \
    short on;    /* the half that is slept on */                               \
    bit queued, got, expired, sleeps, opens;                                   \
    bit call_readers, call_writer, look_again

/* -- Moves, each part of an atomic step --------------------------------- */

inline settled() {
    if
    :: readers_waiting == 0 ->
#ifndef WRONG_TURN_STAYS
        turn = 0;
#endif
        readers_sleep = 0
    :: else
    fi;
    if
    :: writers_waiting == 0 -> writers_sleep = 0
    :: else
    fi;
    if
    :: readers_sleep && reader_may -> readers_sleep = 0; call_readers = 1
    :: else
    fi;
    if
    :: writers_sleep && writer_may(1) -> writers_sleep = 0; call_writer = 1
    :: else
    fi;
    assert(!(writer && (readers > 0 || turn)))
}

/* Out of the queue. */
inline left() {
    if
    :: writes(_pid) ->
        writers_waiting = writers_waiting - (writers_waiting > 0);
#ifndef WRONG_LEAVES_WITHOUT_A_WORD
        writers_sleep = 1
#else
        skip
#endif
    :: else ->
        readers_waiting = readers_waiting - (readers_waiting > 0)
    fi
}

inline taken() {
    if
    :: queued -> left()
    :: else
    fi;
    queued = 0;
    if
    :: writes(_pid) -> writer = 1; writing++
    :: else -> readers++; reading++
    fi;
    settled();
    assert(writing == 0 || (writing == 1 && reading == 0));
    got = 1
}

/* -- Calls, and the stamp ----------------------------------------------- */

inline wake_readers() {
    atomic {
        i = 0;
        do
        :: i < READERS ->
            if
            :: asleep[i] ->
                rouse(i)
#ifdef WRONG_WAKES_ONE_READER
                ; break
#endif
            :: else
            fi;
            i++
        :: else -> break
        od;
        i = 0;
        call_readers = 0
    }
}

inline wake_writer() {
    atomic {
        if
        :: asleep[READERS] -> rouse(READERS)
#if WRITERS > 1
        :: asleep[READERS + 1] -> rouse(READERS + 1)
#endif
#if WRITERS > 2
        :: asleep[READERS + 2] -> rouse(READERS + 2)
#endif
        :: else
        fi;
        call_writer = 0
    }
}

inline calls() {
    if
    :: call_readers -> wake_readers()
    :: else
    fi;
    if
    :: call_writer -> wake_writer()
    :: else
    fi
}

inline note_empty() {
#if SHARED
    if
    :: look_again -> atomic { stamp = 0; look_again = 0 }
    :: else
    fi
#else
    look_again = 0
#endif
}
#define is_empty (readers_waiting == 0 && writers_waiting == 0)

/* -- Waiting ------------------------------------------------------------ */

/* If the lock can be had; what was seen otherwise is acted upon. */
inline take() {
    atomic {
        if
        :: may -> taken(); look_again = is_empty
        :: else ->
            seen = word;
#ifndef WRONG_FORGOTTEN_AT_FIRST
            if
            :: forgotten -> queued = 0
            :: else
            fi
#endif
        fi
    }
    note_empty();
    calls()
}

/* Kept out only by those who are to get in first, and they do not come. */
#define is_gated                                                               \
    (!(seen & 1) && (!(seen & 2) || (writes(_pid) && (seen & 32))))

inline open() {
    if
    :: !is_gated
    :: is_gated ->
        atomic {
            opens = (stamp == OLD);
            if
            :: stamp == 0 -> stamp = FRESH
            :: else
            fi
        }
#ifdef WRONG_TWO_LOOKS
        opens = (stamp == OLD || stamp == 0);
#endif
        if
        :: opens ->
            atomic {
                opens = 0;
                if
                :: word == seen ->
                    assert(passed || DEAD);
                    if
                    :: writes(_pid) -> readers_waiting = 0
                    :: else -> writers_waiting = 0
                    fi;
                    if
                    :: readers == 0 -> taken()
                    :: else -> settled()
                    fi;
                    look_again = 1;
                    call_readers = 0;
                    call_writer = 0
                :: else
                fi
            }
            if
            :: look_again ->
                atomic { /* one call for all */
                    i = 0;
                    do
                    :: i < THREADS ->
                        if
                        :: asleep[i] -> rouse(i)
                        :: else
                        fi;
                        i++
                    :: else -> break
                    od;
                    i = 0
                }
                note_empty()
            :: else
            fi
        :: else
        fi
    fi
}

/* Count this thread in, and say that it will sleep, unless it need not: in the
 * very state that was seen. */
inline queue_up() {
    atomic {
        sleeps = 0;
        if
        :: word == seen ->
            if
            :: !queued && writes(_pid) -> writers_waiting++
            :: !queued && !writes(_pid) -> readers_waiting++
            :: queued
            fi;
            queued = 1;
            if
            :: writes(_pid) && !writer_may(1) ->
                sleeps = 1;
#ifndef WRONG_UNMARKED
                writers_sleep = 1
#else
                skip
#endif
            :: !writes(_pid) && !reader_may ->
                sleeps = 1;
                readers_sleep = 1
            :: else
            fi;
            on = half
        :: else
        fi;
        seen = 0
    }
}

inline sleep() {
    atomic {
        if
        :: half == on ->
            asleep[_pid] = 1;
            running--
        :: else
        fi;
        on = 0;
        sleeps = 0
    }
    if
    :: !asleep[_pid]
#if !PATIENT
    :: atomic { asleep[_pid] -> rouse(_pid); expired = 1 }
#endif
#if SHARED
    :: atomic { asleep[_pid] && ticket[_pid] -> rouse(_pid) }
#endif
    :: atomic { asleep[_pid] && over -> rouse(_pid); goto gone }
    fi
}

inline give_up() {
    atomic {
        if
        :: may -> taken(); look_again = is_empty
        :: !may && queued ->
            left();
            queued = 0;
            settled();
            look_again = is_empty
        :: else
        fi
    }
    note_empty();
#ifdef WRONG_GIVES_UP_SILENTLY
    if
    :: got -> calls()
    :: else -> call_readers = 0; call_writer = 0
    fi
#else
    calls()
#endif
}

inline lock() {
    do
    :: true ->
#if SHARED
        atomic { /* a first look */
            if
            :: forgotten -> queued = 0
            :: else
            fi
        }
#endif
        take();
        if
        :: got -> break
        :: else
        fi;
#if SHARED
        open();
        if
        :: got -> break
        :: else
        fi;
#endif
        queue_up();
        if
        :: sleeps -> sleep()
        :: else
        fi;
        if
        :: expired -> give_up(); break
        :: else
        fi
    od
}

inline unlock() {
    atomic {
        if
        :: writes(_pid) ->
            writing--;
            writer = 0;
            turn = (PHASE_FAIR && readers_waiting > 0)
        :: else -> reading--; readers--
        fi;
        settled();
        got = 0
    }
    calls()
}

active [THREADS] proctype thread() {
    LOCALS;
    {
        do
        :: round < ROUNDS ->
            lock();
            if
            :: got -> unlock()
            :: else
            fi;
            atomic { expired = 0; seen = 0; round++ }
        :: else -> break
        od;
        gone: end()
    } MORTAL
}

/* Time passes LOOKS times when nobody runs; then all is as it ought to be. */
active proctype judge() {
    byte i, look;
    running == 0 && victim == 0;
#if STRICT
    assert(!(!writer && readers == 0 &&
             (asleep[READERS] || asleep[THREADS - 1])));
#endif
#if SHARED
    passed = 1;
    do
    :: look < LOOKS ->
        atomic {
            running == 0 && victim == 0 ->
            stamp = (stamp == FRESH -> OLD : stamp);
            i = 0;
            do
            :: i < THREADS -> ticket[i] = asleep[i]; i++
            :: else -> break
            od;
            i = 0
        }
        running == 0 && !ticket[0] && !ticket[1] && !ticket[2 % THREADS] &&
            !ticket[3 % THREADS] && !ticket[4 % THREADS];
        look++
    :: else -> break
    od;
#endif
    assert(!(!writer && readers == 0 &&
             (asleep[0] || asleep[1] || asleep[2 % THREADS] ||
              asleep[3 % THREADS] || asleep[4 % THREADS])));
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
