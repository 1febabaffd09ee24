/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The mutex of src/futex/mutex.c and mutex_wait.c with its table of sleepers,
 * src/futex/parked.c: THREADS threads lock it and may give up; the first one
 * does so ROUNDS times.  No two are inside at once, and when all have come to
 * rest nobody sleeps.
 *
 * One step is one access to shared memory; a store of 0 passes through a
 * store buffer; see sleeping.inc.  Times are choices: a mutex is quiet, or
 * a thread is due, or a reservation is old, whenever it may be.
 */
#ifndef THREADS
#define THREADS 3
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef LATER_ROUNDS
#define LATER_ROUNDS 1 /* of the second thread */
#endif
#ifndef SPURIOUS
#define SPURIOUS 0
#endif
#ifndef REFUSALS
#define REFUSALS 0 /* 1: the kernel may begin to refuse membarrier */
#endif
#ifndef SHARED
#define SHARED 0
#endif
#ifndef KILLS
#define KILLS 0 /* 1: a thread is killed, but not inside; only with SHARED */
#endif
#ifndef RESERVATIONS
#define RESERVATIONS 1
#endif

#define LOCKED 1
#define HEAVY 2
#define PROCESSES 4 /* SHARED in the source */
#define LIGHT_OWNER 8
#define CONTENDED 16
#define WAKING 32
#define RESERVED 64

#define BIT_ANY 1
#define BIT_RESERVER 2

byte word = (SHARED -> (HEAVY | PROCESSES) : 0);
byte slot;           /* threads in the table */
bit slot_symmetric;  /* unlockers must fence */
bit zero[THREADS];   /* a store of 0 is in the store buffer */
byte asleep[THREADS]; /* by which bits it can be woken */
bit bounded[THREADS];
byte inside;
byte running = THREADS;
byte spurious = SPURIOUS;
bit refused;
bit passing;
bit over;
byte victim;

#define drain(t)                                                               \
    word = (zero[t] -> 0 : word);                                              \
    zero[t] = 0
#define rouse(t)                                                               \
    asleep[t] = 0;                                                             \
    running++

inline wake(bits) {
    atomic {
        if
        :: asleep[0] & (bits) -> rouse(0)
        :: asleep[1] & (bits) -> rouse(1)
#if THREADS > 2
        :: asleep[2] & (bits) -> rouse(2)
#endif
#if THREADS > 3
        :: asleep[3] & (bits) -> rouse(3)
#endif
        :: else
        fi;
        calls = 0
    }
}

/* -- Locking ------------------------------------------------------------ */

inline membarrier() {
    i = 0;
    do
    :: atomic { i < THREADS -> drain(i); i++ }
    :: atomic { else -> i = 0; break }
    od
}

/* weir_parked_enter_ */
inline enter_table() {
    atomic {
        parked = 1;
        slot++;
        sure = 0
    }
    if
    :: !refused ->
#ifndef WRONG_NO_MEMBARRIER
        membarrier();
#endif
        sure = 1
#if REFUSALS
    :: refused = 1; slot_symmetric = 1
    :: refused -> slot_symmetric = 1
#endif
    fi
}

#define is_free                                                                \
    (!(word & LOCKED) && (reserver || stolen || !(word & RESERVED)))
#define is_abandoned                                                           \
    ((word & (PROCESSES | RESERVED | LOCKED)) == (PROCESSES | RESERVED))

#define may_reserve                                                            \
    ((word & LOCKED) && (word & HEAVY) && !(word & (LIGHT_OWNER | RESERVED)))

/* One look at the word: it is taken, or marked for a sleep. */
inline take() {
#ifdef WRONG_ALONE_AFTER_SLEEP
    word = (word & PROCESSES) | LOCKED | HEAVY;
#else
    word = (slept || stolen ->
        ((word & PROCESSES) | LOCKED | HEAVY | CONTENDED) : word | LOCKED);
#endif
    holding = 1
}

#ifdef WRONG_WAKING_STAYS
#define CLEARED 0
#else
#define CLEARED WAKING
#endif

inline take_or_mark(me) {
    atomic {
        drain(me);
        stolen = 0;
#if SHARED
        if
        :: is_abandoned -> stolen = 1
        :: !is_abandoned || !passing
        fi;
#endif
        if
        :: is_free -> take()
        :: else ->
            is_first = 0;
            reserver = reserver && (word & RESERVED);
            if
            :: word == LOCKED ->
                word = LOCKED | HEAVY | LIGHT_OWNER | CONTENDED;
                is_first = 1
            :: word != LOCKED ->
                word = (word | HEAVY | CONTENDED) & ~CLEARED
#if RESERVATIONS
            :: word != LOCKED && slept && !reserver && may_reserve ->
                word = ((word | HEAVY | CONTENDED) & ~CLEARED) | RESERVED;
                reserver = 1
#endif
            fi;
            seen = word
        fi;
        stolen = 0
    }
}

inline sleep(me) {
    atomic {
        if
        :: word == seen ->
            asleep[me] = (reserver -> (BIT_ANY | BIT_RESERVER) : BIT_ANY);
            running--;
#ifdef WRONG_NO_SLICES
            bounded[me] = 0
#else
            bounded[me] =
                (SHARED || !(sure || !(seen & LIGHT_OWNER))) && !sliced
#endif
        :: else
        fi;
        seen = 0;
        slept = 1
    }
    if
    :: asleep[me] == 0
#if !KILLS
    :: atomic { asleep[me] != 0 -> rouse(me); expired = 1 }
#endif
#if SPURIOUS
    :: atomic { asleep[me] != 0 && spurious > 0 -> rouse(me); spurious-- }
#endif
#if SHARED || REFUSALS
    :: atomic {
        asleep[me] != 0 && passing && bounded[me] -> rouse(me); sliced = 1
    }
#endif
    :: atomic { asleep[me] != 0 && over -> rouse(me); goto gone }
    fi
}

inline give_up(me) {
    atomic {
        if
        :: is_free -> take()
        :: else ->
#ifndef WRONG_RESERVATION_STAYS
            word = (reserver -> word & ~RESERVED : word);
#endif
            skip
        fi
    }
}

#ifdef WRONG_FIRST_ENTERS
/* Who finds LIGHT_OWNER set relies on the entry of who set it. */
#define must_enter ((seen & LIGHT_OWNER) && !parked && is_first)
#else
#define must_enter ((seen & LIGHT_OWNER) && !parked)
#endif

inline lock(me) {
    do
    :: true ->
        take_or_mark(me);
        if
        :: holding -> break
        :: else
        fi;
        if
        :: must_enter ->
            enter_table();
            if
            :: word == seen
            :: else -> goto again
            fi
#ifdef WRONG_FIRST_ENTERS
        :: else -> sure = 1
#else
        :: else
#endif
        fi;
        sleep(me);
        if
        :: expired -> give_up(me); break
        :: else
        fi;
#if RESERVATIONS
        if
        :: atomic { /* reserve_running */
            !reserver && may_reserve ->
            drain(me);
            word = word | RESERVED;
            reserver = 1
        }
        :: true
        fi;
#endif
        again: seen = 0
    od;
    if
    :: parked ->
        atomic {
            slot--;
            calls = !holding;
            parked = 0
        }
#ifdef WRONG_LEAVES_QUIETLY
        calls = 0;
#endif
        if
        :: calls -> wake(BIT_ANY | BIT_RESERVER)
        :: else
        fi
    :: else
    fi;
    atomic {
        slept = 0;
        reserver = 0;
        is_first = 0;
        expired = 0;
        sure = 0;
        seen = 0
    }
}

/* -- Unlocking ---------------------------------------------------------- */

inline unlock_parked(me) {
    atomic { drain(me); calls = slot != 0 }
    if
    :: calls -> wake(BIT_ANY | BIT_RESERVER)
    :: else
    fi
}

inline unlock_light(me) {
    if
    :: atomic { true -> word = 0; holding = 0 }
       calls = slot != 0 || slot_symmetric
    :: atomic {
        true -> zero[me] = 1; holding = 0;
        calls = slot != 0 || slot_symmetric
    }
    fi;
    if
    :: calls -> unlock_parked(me)
    :: else
    fi
}

#define after_unlock (word & ~(LOCKED | LIGHT_OWNER))

inline unlock_heavy(me) {
    atomic {
        assert(word & LOCKED);
        if
        :: word == LOCKED -> word = 0; calls = BIT_ANY | 4
        :: word & RESERVED ->
            word = after_unlock;
#ifdef WRONG_RESERVER_BY_CHANCE
            calls = BIT_ANY
#else
            calls = BIT_RESERVER
#endif
        :: (word & (RESERVED | CONTENDED | WAKING)) == CONTENDED ->
            word = (after_unlock & ~CONTENDED) | WAKING; calls = BIT_ANY
        :: word != LOCKED && !(word & RESERVED) &&
            (word & (CONTENDED | WAKING)) != CONTENDED -> word = after_unlock
#ifdef WRONG_RELAX_CONTENDED
        :: word != LOCKED && !SHARED && !(word & RESERVED) && slot == 0 ->
#else
        :: word != LOCKED && !SHARED && !(word & (RESERVED | CONTENDED)) ->
#endif
            word = 0 /* LIGHT again */
        fi;
        holding = 0 /* the last, for MORTAL */
    }
    if
    :: calls & 4 -> unlock_parked(me)
    :: calls == BIT_ANY -> wake(BIT_ANY)
    :: calls == BIT_RESERVER -> wake(BIT_RESERVER)
    :: else
    fi
}

inline unlock(me) {
    if
#ifdef WRONG_STORE_OVER_HEAVY
    :: !SHARED -> unlock_light(me)
#else
    :: word == LOCKED -> unlock_light(me)
#endif
    :: else -> unlock_heavy(me)
    fi
}

/* -- The program -------------------------------------------------------- */

#if KILLS
bit gone_by[THREADS];
#define MORTAL                                                                 \
    unless {                                                                   \
        atomic {                                                               \
            victim == _pid + 1 && !holding ->                                  \
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

active [THREADS] proctype thread() {
    byte seen; /* the word to sleep on */
    byte calls;
    byte i;
    byte round;
    bit stolen;
    bit holding;
    bit slept;
    bit parked;
    bit sure;
    bit reserver;
    bit is_first;
    bit expired;
    bit sliced;
    {
        do
        :: round <
            (_pid == 0 -> ROUNDS : (_pid == 1 -> LATER_ROUNDS : 1)) ->
            lock(_pid);
            if
            :: holding ->
                atomic { inside++; assert(inside == 1) }
                inside--;
                unlock(_pid)
            :: else
            fi;
            round++
        :: else -> break
        od;
        gone: end()
    } MORTAL
}

/* A CPU, which drains its store buffer in the end. */
active [THREADS] proctype memory() {
    do
    :: atomic { zero[_pid - THREADS] -> zero[_pid - THREADS] = 0; word = 0 }
    :: over -> break
    od
}

#define may_look(t) (asleep[t] && bounded[t])
#if THREADS == 2
#define is_still (zero[0] + zero[1] == 0)
#define some_sleep (asleep[0] || asleep[1])
#define some_may_look (may_look(0) || may_look(1))
#elif THREADS == 3
#define is_still (zero[0] + zero[1] + zero[2] == 0)
#define some_sleep (asleep[0] || asleep[1] || asleep[2])
#define some_may_look (may_look(0) || may_look(1) || may_look(2))
#else
#define is_still (zero[0] + zero[1] + zero[2] + zero[3] == 0)
#define some_sleep (asleep[0] || asleep[1] || asleep[2] || asleep[3])
#define some_may_look                                                          \
    (may_look(0) || may_look(1) || may_look(2) || may_look(3))
#endif

active proctype judge() {
#if SHARED || REFUSALS
    running == 0 && is_still && victim == 0 -> passing = 1;
#endif
    running == 0 && is_still && victim == 0 && !some_may_look;
    assert(!some_sleep);
    assert(slot == 0 || KILLS);
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
