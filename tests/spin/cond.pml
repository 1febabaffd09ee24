/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The private condition (src/futex/cond_private.c).  WAITERS threads wait for a
 * token each, ROUNDS times, and go when a deadline has passed; MAKERS make EACH
 * tokens at once under the mutex, TOKENS times, and signal as many.  A wait that
 * says that the deadline has passed took no signal: who is told so leaves without
 * another look.  When all have come to rest, nobody waits while there is a token,
 * nobody is out of the line and not released, and no signal was lost:
 * who was taken out of the line returned 0.
 *
 * The mutex and the line's lock are taken to be right (mutex.pml): what happens
 * under the latter is one step.  Of the rest a step is one access to shared
 * memory.  A waiter is on its own stack: nobody touches it once its wait has
 * ended, but for a wake-up by its address.
 */
#ifndef WAITERS
#define WAITERS 3
#endif
#ifndef MAKERS
#define MAKERS 2
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef TOKENS
#define TOKENS 1
#endif
#ifndef EACH
#define EACH 1
#endif
#ifndef AT_ONCE
#define AT_ONCE 1 /* released by the signal; the others by these */
#endif
#ifndef SPURIOUS
#define SPURIOUS 0 /* returns of the kernel for no reason, in all */
#endif
#ifndef PATIENT
#define PATIENT 0 /* 1: no deadlines */
#endif
#define THREADS (WAITERS + MAKERS)
#define NOBODY 15

#define AWAKE 0
#define ASLEEP 1
#define RELEASED 2

bit mutex;
byte tokens;             /* guarded by it */
byte line[WAITERS];      /* guarded by the line's lock: who waits, in order */
byte length;
byte word[WAITERS];
byte next[WAITERS] = NOBODY; /* whom it is to release */
bit there[WAITERS];      /* it is on its stack */
byte taken;              /* out of the line by signals, and not returned yet */
bit asleep[WAITERS];
byte running = THREADS;  /* neither asleep nor gone */
byte spurious = SPURIOUS;
bit over;                /* nothing more to come: sleepers may go */

#define rouse(t)                                                               \
    asleep[t] = 0;                                                             \
    running++

#define lock() atomic { !mutex -> mutex = 1 }
#define unlock() mutex = 0

/* -- Releasing ---------------------------------------------------------- */

/* `whom` is released, and is nobody then. */
inline release() {
    atomic {
        assert(there[whom]);
        if
        :: word[whom] == AWAKE -> word[whom] = RELEASED; whom = NOBODY
        :: else
        fi
    }
    if
    :: whom != NOBODY ->
#ifdef WRONG_WAKES_FIRST
        wake();
        word[whom] = RELEASED;
#else
        atomic { assert(there[whom]); word[whom] = RELEASED }
#ifndef WRONG_NO_WAKE
        wake();
#endif
#endif
#ifdef WRONG_TOUCHES_AFTER
        assert(there[whom]);
#endif
        whom = NOBODY
    :: else
    fi
}

/* By its address: it may be gone. */
inline wake() {
    atomic {
        if
        :: asleep[whom] -> rouse(whom)
        :: else
        fi
    }
}

/* Take the first n out; each is to release the one AT_ONCE places behind. */
inline take_first(n) {
    atomic {
        i = 0;
        do
        :: i < (n) && length > 0 ->
            next[line[0]] = NOBODY;
            if
            :: i < AT_ONCE -> first[i] = line[0]
            :: else -> next[last[i % AT_ONCE]] = line[0]
            fi;
            last[i % AT_ONCE] = line[0];
            taken++;
            remove(0);
            i++
        :: else -> break
        od;
        i = 0;
        do
        :: i < AT_ONCE -> last[i] = NOBODY; i++
        :: else -> break
        od;
        i = 0
    }
}

/* The one at a place leaves the line. */
inline remove(from) {
    j = from;
    do
    :: j + 1 < length -> line[j] = line[j + 1]; j++
    :: else -> break
    od;
    length--;
    line[length] = 0;
    j = 0
}

inline signal(n) {
    if
    :: length == 0 /* without the lock */
    :: length != 0 ->
        take_first(n);
        do
        :: i < AT_ONCE && first[i] != NOBODY ->
            whom = first[i];
#ifdef WRONG_FIRST_ROW_ALONE
            if
            :: i == 0 -> release()
            :: else -> whom = NOBODY
            fi;
#else
            release();
#endif
            first[i] = NOBODY;
            i++
        :: else -> break
        od;
        i = 0
    fi
}

/* -- Waiting ------------------------------------------------------------ */

inline enter() {
    atomic {
        word[_pid] = AWAKE;
        next[_pid] = NOBODY;
        there[_pid] = 1;
        line[length] = _pid;
        length++
    }
}

/* Sleep until released; `expired` if a deadline was faster. */
inline await(timed) {
#ifdef WRONG_NOT_ASLEEP
    word[_pid] = ASLEEP;
#else
    atomic {
        if
        :: word[_pid] == AWAKE -> word[_pid] = ASLEEP
        :: else
        fi
    }
#endif
    do
    :: word[_pid] == RELEASED -> break
    :: word[_pid] != RELEASED ->
        atomic {
            if
#ifdef WRONG_SLEEPS_UNSEEN
            :: true ->
#else
            :: word[_pid] == ASLEEP ->
#endif
                asleep[_pid] = 1;
                running--
            :: else
            fi
        }
        if
        :: !asleep[_pid]
#if !PATIENT
        :: atomic { asleep[_pid] && timed -> rouse(_pid); expired = 1 }
#endif
#if SPURIOUS
        :: atomic { asleep[_pid] && spurious > 0 -> rouse(_pid); spurious-- }
#endif
        :: atomic { asleep[_pid] && over -> rouse(_pid); goto gone }
        fi;
#ifdef WRONG_ANY_RETURN
        break
#else
        if
        :: expired -> break
        :: else
        fi
#endif
    od
}

/* The deadline has passed: out of the line, unless a signal was faster. */
inline leave() {
    atomic {
        i = 0;
        do
        :: i < length && line[i] != _pid -> i++
        :: else -> break
        od;
        if
        :: i < length -> remove(i)
        :: else ->
#ifndef WRONG_TIMEOUT_BLIND
            expired = 0
#else
            skip
#endif
        fi;
        i = 0
    }
    if
    :: !expired ->
#ifdef WRONG_RELEASE_IS_NOT_AWAITED
        skip
#else
        await(0)
#endif
    :: else
    fi
}

/* With the mutex.  `expired` tells how it ended. */
inline wait() {
    expired = 0;
#ifdef WRONG_UNLOCKS_FIRST
    unlock();
    enter();
#else
    enter();
    unlock();
#endif
    await(1);
    if
    :: expired -> leave()
    :: else
    fi;
#ifdef WRONG_PASSES_ON_TO_NOBODY
    lock();
    atomic { there[_pid] = 0; taken = taken - !expired }
#else
    lock();
    if
    :: !expired -> whom = next[_pid]
    :: else
    fi;
    atomic { there[_pid] = 0; taken = taken - !expired }
    if
    :: whom != NOBODY -> release()
    :: else
    fi
#endif
}

active [WAITERS] proctype waiter() {
    byte round, i, j;
    byte whom = NOBODY;
    bit expired;
    do
    :: round < ROUNDS ->
        lock();
        do
        :: tokens == 0 && !expired -> wait()
        :: else -> break
        od;
        atomic {
            if
            :: !expired -> tokens--
            :: else
            fi;
            unlock();
            expired = 0;
            round++
        }
    :: else -> break
    od;
    gone: running--
}

active [MAKERS] proctype maker() {
    byte times, i, j;
    byte whom = NOBODY;
    byte first[AT_ONCE] = NOBODY; /* those that a signal releases */
    byte last[AT_ONCE] = NOBODY;  /* of each row */
    do
    :: times < TOKENS ->
        lock();
        atomic { tokens = tokens + EACH; unlock() }
        signal(EACH);
        times++
    :: else -> break
    od;
    running--
}

active proctype judge() {
    running == 0;
    assert(!(tokens > 0 && length > 0));
    assert(taken == 0);
    over = 1
}
