/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The kernel's part, but for futexes: membarrier, and time.
 */
#include "engine.h"

bool explore_membarrier_(void)
{
    unsigned process;

    if (!ex_.active || ex_.self == NOBODY)
        return !ex_.active || !ex_.refused;
    process = explore_process_(ex_.self);
    explore_point_(&(struct step){.world = true});
    if (!ex_.refused && explore_choose_(false, ex_.left.refusals > 0 ? 2 : 1,
                                        NULL, UINT32_MAX) != 0) {
        ex_.left.refusals--;
        ex_.refused = true;
    }
    (void)explore_note_(
        ex_.self, ex_.refused ? "membarrier is refused" : "membarrier", NULL);
    if (ex_.refused)
        return false;
    /* The caller's accesses before it, a barrier in each, those after it. */
    explore_fence_(self_(), WEIR_EXPLORE_SC);
    for (unsigned i = 0; i < ex_.n_threads; i++)
        if (explore_process_(i) == process)
            explore_fence_(&ex_.threads[i], WEIR_EXPLORE_SC);
    explore_fence_(self_(), WEIR_EXPLORE_SC);
    return true;
}

/* -- Time --------------------------------------------------------------- */

weir_deadline_t explore_now_(void)
{
    if (!ex_.active || ex_.self == NOBODY)
        return ex_.now;
    explore_count_step_();
    if (explore_choose_(false, ex_.left.jumps > 0 ? 2 : 1, NULL, UINT32_MAX) !=
        0) {
        ex_.left.jumps--;
        ex_.now += ex_.options.jump_ns;
        explore_done_(&(struct step){.world = true});
        (void)explore_note_(ex_.self, "time jumps", NULL);
    }
    return ex_.now;
}

void explore_pass_(int64_t ns)
{
    ex_.now += ns;
    explore_yield_();
}
