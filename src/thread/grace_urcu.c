/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Grace periods of liburcu, in its flavour that needs no registration of
 * threads [Desnoyers12].  It is called as a library, not compiled in: our
 * readers are not in a hurry.
 */
#include "thread/grace.h"

#include <urcu/urcu-bp.h>

#include "base/atomic.h"
#include "futex/revoke.h"
#include "futex/sys.h"

#if defined(WEIR_TSAN)
/* ThreadSanitizer does not see into liburcu: it is told by this word that
 * what readers did comes before the end of a grace period. */
static WEIR_ATOMIC(uint32_t) order;
#define TELL() ((void)weir_fetch_add_sc_(&order, 0u))
#else
#define TELL() ((void)0)
#endif

void weir_read_begin_(void)
{
    urcu_bp_read_lock();
}

void weir_read_end_(void)
{
    TELL();
    urcu_bp_read_unlock();
}

/* liburcu ends the process where membarrier worked and is refused later, so
 * that is tried first. */
static bool is_refused(void)
{
    return (weir_asymmetric_() || weir_refused_()) && !weir_membarrier_();
}

bool weir_grace_(void)
{
    if (is_refused())
        return false;
    urcu_bp_synchronize_rcu();
    TELL();
    return true;
}

void weir_grace_before_fork_(void)
{
    urcu_bp_before_fork();
}

void weir_grace_after_fork_(void)
{
    urcu_bp_after_fork_parent();
}

void weir_grace_in_child_(void)
{
    urcu_bp_after_fork_child();
}
