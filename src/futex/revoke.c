/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The asymmetric fence, and its price.
 *
 * A releaser stores its release and then loads who sleeps; a sleeper stores
 * that it sleeps and then loads whether there was a release.  One of the two
 * must see the other, which takes a full fence on both sides (the litmus
 * test SB).  membarrier(2) lets the sleeper supply both: when it returns,
 * each running thread of the process has passed a full barrier after the
 * sleeper's store.  So of a releaser's two accesses, kept in order by the
 * compiler, either the store came before that barrier, and the sleeper sees
 * it, or the load comes after it, and sees the sleeper.  [Dice06]
 *
 * The price is paid per revocation: 0.3 us on two CPUs if the other is idle,
 * 10 to 30 us if not, more on many, and each other CPU that runs the process
 * is interrupted.  So it is bounded.
 * Per process, a revocation may be made while those of the last moments have
 * taken no more than 1/WEIR_REVOKE_SHARE of the time (weir_may_revoke_; a
 * token bucket that holds WEIR_REVOKE_BURST_NS).  Where it may not, an object
 * becomes symmetric: its releasers fence, and its sleepers need no barrier,
 * but for one to get there.  They may drop their fence again no sooner than
 * WEIR_REVOKE_SHARE times the cost of a revocation after the last one (the
 * inhibition rule of BRAVO [Dice19]), and all objects together get one such
 * permission per WEIR_REVOKE_SHARE times the cost.  So at most twice that
 * share of time goes into revocations, but for the first one of each object,
 * and for threads that come together when an object is on its way to
 * symmetric: each of them pays for a barrier of its own, since there is no
 * other that it could rely on.
 *
 * WORD state, 32 bits, not slept on, initial: 0
 *  0 > ASYMMETRIC 1 or SYMMETRIC 2, when the library is loaded
 *  ASYMMETRIC > REFUSED 3, when the kernel refuses later (a seccomp filter)
 *  SYMMETRIC: all releasers fence, from the first on.  REFUSED: releasers
 *  will, but some may be under way that did not.
 *  If stale: a thread that still sees ASYMMETRIC asks the kernel again, and
 *  is refused again.
 *
 * ORDERS
 *  [V1] revoke  fence between the caller's announcement and its next look,
 *       where releasers fence too; pairs with eventcount.c:[E1] and
 *       parked.c:[P1].  Else the fence is the kernel's
 */
#include "futex/revoke.h"

#include "base/atomic.h"
#include "base/compiler.h"
#include "base/tunables.h"
#include "futex/sys.h"

#define ASYMMETRIC 1u
#define SYMMETRIC 2u
#define REFUSED 3u

/* A stamp counts in units of 2^14 ns, 16.4 us: it wraps after 19 hours, and
 * then an object relaxes a little early or late, once. */
#define STAMP_SHIFT 14
/* A stamp may be so far in the future, and no further: 1.1 s. */
#define STAMP_FUTURE ((uint32_t)1 << 16)
#define STAMP_UNIT ((int64_t)1 << STAMP_SHIFT)

static WEIR_ATOMIC(uint32_t) state;
/* Not 0: as if the kernel refused.  Set by tests only. */
static WEIR_ATOMIC(uint32_t) refused_for_test;
/* Of one revocation, in nanoseconds: a running average. */
static WEIR_ATOMIC(int64_t) cost = 10000;
/* When the process may grant the next permission to relax. */
static WEIR_ATOMIC(int64_t) next_grant;
/* When the revocations made so far have taken no more than their share. */
static WEIR_ATOMIC(int64_t) paid_until;

static bool barrier(void)
{
    /* HINT: set by tests while nobody else runs. */
    return weir_load_rlx_(&refused_for_test) == 0 && weir_membarrier_();
}

bool weir_asymmetric_(void)
{
    /* HINT: see "if stale" above. */
    return weir_load_rlx_(&state) == ASYMMETRIC;
}

/* Before any thread of the program runs code that uses weir. */
WEIR_CONSTRUCTOR static void probe(void)
{
    /* INIT: before other threads use the library. */
    weir_store_rlx_(&state, barrier() ? ASYMMETRIC : SYMMETRIC);
}

bool weir_refused_(void)
{
    /* HINT: see "if stale" above. */
    return weir_load_rlx_(&state) == REFUSED;
}

/* One that was preempted counts as twice the average. */
static int64_t cost_after(int64_t average, int64_t sample)
{
    int64_t off = sample - average;

    return average + (off < average ? off : average) / 8;
}

static void account(weir_deadline_t start, weir_deadline_t end)
{
    /* COUNT, all: estimates; a lost update does no harm. */
    int64_t average = cost_after(weir_load_rlx_(&cost), end - start);
    int64_t paid = weir_load_rlx_(&paid_until); /* COUNT */

    weir_store_rlx_(&cost, average); /* COUNT */
    /* COUNT */
    weir_store_rlx_(&paid_until, (paid > start ? paid : start) +
                                     WEIR_REVOKE_SHARE * average);
}

bool weir_revoke_(void)
{
    weir_deadline_t start;

    /* [V1] fence, for the caller; pairs with eventcount.c:[E1] and
     * parked.c:[P1]. */
    weir_fence_sc_();
    if (!weir_asymmetric_())
        /* HINT: never leaves SYMMETRIC or REFUSED. */
        return weir_load_rlx_(&state) == SYMMETRIC;
    start = weir_now();
    if (!barrier()) {
        /* HINT: see "if stale" above. */
        weir_store_rlx_(&state, REFUSED);
        return false;
    }
    account(start, weir_now());
    return true;
}

bool weir_may_revoke_(void)
{
    return weir_asymmetric_() &&
           /* COUNT: an estimate. */
           weir_load_rlx_(&paid_until) <= weir_now() + WEIR_REVOKE_BURST_NS;
}

uint32_t weir_stamp_in_(int64_t ns)
{
    uint32_t stamp = (uint32_t)((weir_now() + ns) >> STAMP_SHIFT);

    return stamp != 0 ? stamp : 1;
}

int64_t weir_stamp_age_ns_(uint32_t stamp)
{
    uint32_t age = weir_stamp_in_(0) - stamp;

    if (stamp == 0)
        return INT64_MAX;
    if (age > UINT32_MAX - STAMP_FUTURE)
        return -(int64_t)(UINT32_MAX - age + 1) * STAMP_UNIT;
    return (int64_t)age * STAMP_UNIT;
}

static int64_t quiet_ns(void)
{
    int64_t ns = WEIR_REVOKE_SHARE * weir_revoke_cost_ns_();

    return ns > WEIR_RELAX_MIN_NS ? ns : WEIR_RELAX_MIN_NS;
}

bool weir_may_relax_(uint32_t stamp)
{
    int64_t now;
    int64_t next;

    if (!weir_asymmetric_() || weir_stamp_age_ns_(stamp) < quiet_ns())
        return false;
    now = weir_now();
    /* COUNT, all: rates; the compare-and-swap grants it to one. */
    next = weir_load_rlx_(&next_grant);
    return now >= next && now >= weir_load_rlx_(&paid_until) && /* COUNT */
           /* COUNT */
           weir_cas_rlx_(&next_grant, &next,
                         now + WEIR_REVOKE_SHARE * weir_revoke_cost_ns_());
}

int64_t weir_revoke_cost_ns_(void)
{
    /* COUNT: an estimate. */
    return weir_load_rlx_(&cost);
}

void weir_revoke_for_test_(enum weir_revoke_test test)
{
    /* HINT, all: tests call this while nobody else uses the library. */
    weir_store_rlx_(&refused_for_test, test == WEIR_REVOKE_REAL ? 0u : 1u);
    weir_store_rlx_(&next_grant, 0);
    weir_store_rlx_(&paid_until, 0);
    weir_store_rlx_(&state, ASYMMETRIC);
    if (test != WEIR_REVOKE_REFUSED_LATE)
        probe();
}
