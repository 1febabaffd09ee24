/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The barrier of src/futex/barrier.c and barrier_wait.c: THREADS threads wait
 * WAITS times at a barrier for PARTIES, and may give up; another one aborts or
 * resets it, BREAKS times.  All of a phase return 0, or none; 0 only if it completed;
 * when all have come to rest nobody sleeps whose wait is decided, and no reset
 * is still under way.
 *
 * One step is one access to shared memory.  A loop around a compare-and-swap
 * is one step where its failures change nothing that others see.
 */
#ifndef THREADS
#define THREADS 3
#endif
#ifndef PARTIES
#define PARTIES 2
#endif
#ifndef WAITS
#define WAITS 1
#endif
#ifndef BREAKS
#define BREAKS 1
#endif
#ifndef ACTION
#define ACTION 0 /* 1: the last to arrive runs one, which may fail */
#endif
#ifndef SHARED
#define SHARED 0
#endif
#ifndef KILLS
#define KILLS 0 /* publishers that die before; only with SHARED */
#endif

/* Arrivals: bits 0-2 INSIDE, then these, then PHASE. */
#define BROKEN 8
#define RESETTING 16
#define ABORTED 32
#define PHASE_ONE 64
#define PHASES 16
#define inside_of(a) ((a) & 7)
#define phase_of(a) ((a) >> 6)
#define next_phase(a) (((a) & ~63) + PHASE_ONE)

/* Sense: these, then PHASE. */
#define SLEEPERS 1
#define FAILED 2
#define sense_of(a)                                                            \
    ((phase_of(a) << 2) | (((a) & BROKEN) -> FAILED : 0))

#define UNDECIDED 0
#define COMPLETED 1
#define FAILED_PHASE 2
#define outcome_in(sense, phase)                                               \
    (((sense) & ~SLEEPERS) < (((phase) << 2) | FAILED) -> UNDECIDED :          \
        (((sense) & ~SLEEPERS) == (((phase) << 2) | FAILED) ->                 \
            FAILED_PHASE : COMPLETED))

#ifdef WRONG_UNCOUNTED
#define after_leaving(a) (a)
#else
#define after_leaving(a)                                                       \
    ((inside_of(a) != 1 || !((a) & RESETTING)) -> (a) - 1 :                    \
        (next_phase(a) | (((a) & ABORTED) -> BROKEN : 0)))
#endif
#define after_break(a) ((a) | (((a) & RESETTING) -> ABORTED : BROKEN))
#define is_refusing(a)                                                         \
    (((a) & BROKEN) && (!((a) & RESETTING) || ((a) & ABORTED)))
#ifdef WRONG_RESET_AT_ONCE
#define after_reset(a) (next_phase(a))
#else
#define after_reset(a)                                                         \
    (inside_of(a) == 0 -> (((a) & BROKEN) -> next_phase(a) : (a)) :            \
        (((a) | BROKEN | RESETTING) & ~ABORTED))
#endif

#define OUTSIDE 255

short arrivals;
byte sense;
bit asleep[THREADS];
bit bounded[THREADS];       /* it sleeps for a slice of time at most */
byte waits_for[THREADS];    /* the phase, or OUTSIDE */
short seen_by[THREADS];     /* OUTSIDE: the arrivals that it found */
byte running = THREADS + (BREAKS > 0);
byte kills = KILLS;
bit over;
/* What happened, for the judge. */
bit completed[PHASES];
bit done[PHASES];
bit failed[PHASES];

#define rouse(t)                                                               \
    asleep[t] = 0;                                                             \
    running++

inline wake_all() {
    atomic {
        do
        :: i < THREADS ->
            if
            :: asleep[i] -> rouse(i)
            :: else
            fi;
            i++
        :: else -> i = 0; break
        od;
        owes = 0
    }
}

inline publish(a) {
    if
    :: atomic {
        true ->
        next = sense_of(a);
        if
#ifdef WRONG_LATE_PUBLISHER
        :: true ->
#else
        :: (sense & ~SLEEPERS) < next ->
#endif
            owes = sense & SLEEPERS;
            sense = next
        :: else
        fi;
        next = 0
    }
    :: atomic { kills > 0 -> kills--; goto gone }
    fi;
    if
    :: owes -> wake_all()
    :: else
    fi
}

/* Deadlines pass, and slices where that has a consequence. */
#define is_worth_a_look(t)                                                     \
    (asleep[t] && bounded[t] &&                                                \
        (waits_for[t] == OUTSIDE -> arrivals != seen_by[t] :                   \
            outcome_in(sense_of(arrivals), waits_for[t]) != UNDECIDED))

inline sleep_on(me, sure) {
    atomic {
        if
        :: !(seen & SLEEPERS) && sense == seen ->
#ifndef WRONG_SILENT_SLEEPER
            sense = seen | SLEEPERS;
#endif
            slumber = 1
        :: !(seen & SLEEPERS) && sense != seen -> slumber = 0
        :: (seen & SLEEPERS) -> slumber = 1
        fi
    }
    if
    :: slumber ->
        atomic {
            if
#ifdef WRONG_SILENT_SLEEPER
            :: sense == seen ->
#else
            :: sense == (seen | SLEEPERS) ->
#endif
                asleep[me] = 1;
                bounded[me] = SHARED || !(sure);
                running--
            :: else
            fi;
            slumber = 0;
            seen = 0
        }
        if
        :: !asleep[me]
        :: atomic { asleep[me] -> rouse(me); expired = 1 }
        :: atomic { is_worth_a_look(me) -> rouse(me) }
        :: atomic { asleep[me] && over -> rouse(me); goto gone }
        fi
    :: else -> seen = 0
    fi
}

inline change_by_leaving() {
    atomic {
        found = after_leaving(arrivals);
        arrivals = found
    }
    publish(found)
}

#define end_wait(ok)                                                           \
    assert(!(ok) || completed[phase]);                                         \
    done[phase] = done[phase] || (ok);                                         \
    failed[phase] = failed[phase] || !(ok);                                    \
    assert(!done[phase] || !failed[phase])

/* A thread inside whose deadline passed. */
inline time_out() {
    atomic {
        outcome = outcome_in(sense_of(arrivals), phase);
#ifdef WRONG_TIMEOUT_BLIND
        outcome = (outcome == COMPLETED -> UNDECIDED : outcome);
#endif
        if
        :: outcome == UNDECIDED ->
            found = (arrivals | BROKEN) - 1;
            arrivals = found
        :: else
        fi
    }
    if
    :: outcome == COMPLETED -> end_wait(1)
    :: outcome == FAILED_PHASE -> end_wait(0); change_by_leaving()
    :: outcome == UNDECIDED -> end_wait(0); publish(found)
    fi
}

inline wait_inside(me) {
    waits_for[me] = phase;
    do
    :: atomic { true -> seen = sense; outcome = outcome_in(seen, phase) }
        if
        :: outcome == UNDECIDED && !expired ->
            sleep_on(me, 1);
            /* look_behind; the other look is the loop's */
            outcome = outcome_in(sense_of(arrivals), phase);
            if
            :: outcome != UNDECIDED -> break
            :: else
            fi
        :: else -> break
        fi
    od;
    if
    :: outcome == COMPLETED -> end_wait(1)
    :: outcome == FAILED_PHASE -> end_wait(0); change_by_leaving()
    :: outcome == UNDECIDED -> time_out()
    fi
}

inline run_action() {
    if
    :: atomic {
        arrivals == found ->
        arrivals = next_phase(found);
        completed[phase] = 1;
        found = arrivals
    }
        end_wait(1);
        publish(found)
    :: atomic { arrivals != found -> skip }
        end_wait(0);
        change_by_leaving()
    :: atomic {
        true ->
        arrivals = ((arrivals & BROKEN) -> arrivals : arrivals | BROKEN)
    } /* it failed */
        end_wait(0);
        change_by_leaving()
    fi
}

/* Leaves `gave_up` or not. */
inline wait_outside(me) {
    waits_for[me] = OUTSIDE;
    seen_by[me] = found;
    do
    :: arrivals != found -> break
    :: atomic { arrivals == found && expired -> arrivals = after_break(found) }
        publish(after_break(found));
        gave_up = 1;
        break
    :: arrivals == found && !expired ->
        seen = sense;
        if
        :: (seen & ~SLEEPERS) < sense_of(found) -> publish(found)
        :: (seen & ~SLEEPERS) == sense_of(found) ->
            sleep_on(me, !(found & RESETTING))
        :: (seen & ~SLEEPERS) > sense_of(found)
        fi;
        seen = 0
    od;
    seen_by[me] = 0
}

inline wait(me) {
    gave_up = 0;
    do
    :: atomic {
        is_refusing(arrivals) -> gave_up = 1; break
    }
    :: atomic {
        !is_refusing(arrivals) &&
            ((arrivals & RESETTING) || inside_of(arrivals) == PARTIES) ->
        found = arrivals
    }
        wait_outside(me);
        if
        :: gave_up -> break
        :: else
        fi
    :: atomic {
        !is_refusing(arrivals) && !(arrivals & RESETTING) &&
            inside_of(arrivals) < PARTIES ->
        phase = phase_of(arrivals);
        mine = inside_of(arrivals);
        if
        :: mine + 1 == PARTIES && !ACTION ->
            arrivals = next_phase(arrivals);
            completed[phase] = 1
        :: else -> arrivals++
        fi;
        found = arrivals;
        break
    }
    od;
    if
    :: gave_up
    :: !gave_up && mine + 1 < PARTIES -> wait_inside(me)
    :: !gave_up && mine + 1 == PARTIES && ACTION -> run_action()
    :: !gave_up && mine + 1 == PARTIES && !ACTION ->
        end_wait(1);
        publish(found)
    fi;
    atomic {
        expired = 0;
        found = 0;
        seen = 0;
        mine = 0;
        phase = 0;
        outcome = 0;
        gave_up = 0
    }
}

active [THREADS] proctype party() {
    short found; /* arrivals */
    byte seen;   /* sense */
    byte next;
    byte phase;
    byte outcome;
    byte mine;
    byte i;
    byte n;
    bit owes;
    bit slumber;
    bit expired;
    bit gave_up;
    do
    :: n < WAITS -> wait(_pid); n++
    :: else -> break
    od;
    gone: running--
}

#if BREAKS
active proctype breaker() {
    short found;
    byte next;
    byte i;
    byte n;
    bit owes;
    do
    :: n < BREAKS ->
        if
        :: atomic { true -> arrivals = after_break(arrivals); found = arrivals }
        :: atomic { true -> arrivals = after_reset(arrivals); found = arrivals }
        fi;
        publish(found);
        n++
    :: else -> break
    od;
    gone: running--
}
#endif

/* Asleep, though it is decided what its wait will return. */
#define is_lost(t)                                                             \
    (asleep[t] && (waits_for[t] == OUTSIDE -> arrivals != seen_by[t] :         \
        outcome_in(sense_of(arrivals), waits_for[t]) != UNDECIDED))
#if THREADS == 2
#define some_look (is_worth_a_look(0) || is_worth_a_look(1))
#define some_lost (is_lost(0) || is_lost(1))
#else
#define some_look                                                              \
    (is_worth_a_look(0) || is_worth_a_look(1) || is_worth_a_look(THREADS - 1))
#define some_lost (is_lost(0) || is_lost(1) || is_lost(THREADS - 1))
#endif

active proctype judge() {
    atomic {
        running == 0 && !some_look ->
        assert(!some_lost);
        assert(!(arrivals & RESETTING) || KILLS);
        over = 1
    }
}
