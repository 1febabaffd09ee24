/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Litmus tests of the memory models: outcomes that must appear, and outcomes
 * that must not, in every execution there is.  Each program counts how often
 * the outcome that it is about was seen.
 *
 * Two lines are limits, not truths: C11 allows the outcomes of LB and 2+2W
 * with relaxed accesses, and some machines show them; the explorer never
 * does, because it executes in order and stores in order.
 */
#include "kit.h"

static uint32_t x;
static uint32_t y;
static uint32_t z;
static uint32_t r0;
static uint32_t r1;
static uint32_t r2;
static uint32_t r3;
static uint64_t seen;

static void setup(void *state)
{
    (void)state;
    x = y = z = 0;
    r0 = r1 = r2 = r3 = 7;
}

/* A body without the argument that none of them needs. */
#define BODY(name, ...)                                                        \
    static void name(void *state)                                              \
    {                                                                          \
        (void)state;                                                           \
        __VA_ARGS__                                                            \
    }

#define SEEN(name, condition) BODY(name, if (condition) seen++;)

/* -- SB: store buffering ------------------------------------------------ */

BODY(sb_rlx_0, weir_store_rlx_(&x, 1); r0 = weir_load_rlx_(&y);)
BODY(sb_rlx_1, weir_store_rlx_(&y, 1); r1 = weir_load_rlx_(&x);)
BODY(sb_ra_0, weir_store_rel_(&x, 1); r0 = weir_load_acq_(&y);)
BODY(sb_ra_1, weir_store_rel_(&y, 1); r1 = weir_load_acq_(&x);)
BODY(sb_sc_0, weir_store_sc_(&x, 1); r0 = weir_load_sc_(&y);)
BODY(sb_sc_1, weir_store_sc_(&y, 1); r1 = weir_load_sc_(&x);)
BODY(sb_fence_0, weir_store_rlx_(&x, 1); weir_fence_sc_();
     r0 = weir_load_rlx_(&y);)
BODY(sb_fence_1, weir_store_rlx_(&y, 1); weir_fence_sc_();
     r1 = weir_load_rlx_(&x);)
BODY(sb_ar_0, weir_store_rlx_(&x, 1); weir_fence_rel_(); weir_fence_acq_();
     r0 = weir_load_rlx_(&y);)
BODY(sb_rmw_0, weir_store_rlx_(&x, 1); (void)weir_fetch_add_rlx_(&z, 1);
     r0 = weir_load_rlx_(&y);)
BODY(sb_rmw_1, weir_store_rlx_(&y, 1); (void)weir_fetch_add_rlx_(&z, 1);
     r1 = weir_load_rlx_(&x);)
BODY(sb_membarrier_1, weir_store_rlx_(&y, 1); (void)weir_explore_membarrier();
     r1 = weir_load_rlx_(&x);)
SEEN(sb, r0 == 0 && r1 == 0)

/* -- MP: message passing ------------------------------------------------ */

BODY(mp_rlx_0, weir_store_rlx_(&x, 1); weir_store_rlx_(&y, 1);)
BODY(mp_rel_0, weir_store_rlx_(&x, 1); weir_store_rel_(&y, 1);)
BODY(mp_fence_0, weir_store_rlx_(&x, 1); weir_fence_rel_();
     weir_store_rlx_(&y, 1);)
BODY(mp_rlx_1, r0 = weir_load_rlx_(&y); r1 = weir_load_rlx_(&x);)
BODY(mp_acq_1, r0 = weir_load_acq_(&y); r1 = weir_load_rlx_(&x);)
BODY(mp_fence_1, r0 = weir_load_rlx_(&y); weir_fence_acq_();
     r1 = weir_load_rlx_(&x);)
SEEN(mp, r0 == 1 && r1 == 0)

/* -- LB, coherence ------------------------------------------------------ */

BODY(lb_0, r0 = weir_load_rlx_(&x); weir_store_rlx_(&y, 1);)
BODY(lb_1, r1 = weir_load_rlx_(&y); weir_store_rlx_(&x, 1);)
SEEN(lb, r0 == 1 && r1 == 1)

BODY(corr_0, weir_store_rlx_(&x, 1); weir_store_rlx_(&x, 2);)
BODY(corr_1, r0 = weir_load_rlx_(&x); r1 = weir_load_rlx_(&x);)
SEEN(corr, r0 > r1)
SEEN(corr_moves, r0 == 1 && r1 == 2)
SEEN(corr_stays, r0 == 0 && r1 == 0)

BODY(cowr_0, weir_store_rlx_(&x, 1); r0 = weir_load_rlx_(&x);)
BODY(cowr_1, weir_store_rlx_(&x, 2);)
SEEN(cowr, r0 == 0)

/* -- IRIW --------------------------------------------------------------- */

BODY(write_x_rel, weir_store_rel_(&x, 1);)
BODY(write_y_rel, weir_store_rel_(&y, 1);)
BODY(write_x_sc, weir_store_sc_(&x, 1);)
BODY(write_y_sc, weir_store_sc_(&y, 1);)
BODY(iriw_acq_2, r0 = weir_load_acq_(&x); r1 = weir_load_acq_(&y);)
BODY(iriw_acq_3, r2 = weir_load_acq_(&y); r3 = weir_load_acq_(&x);)
BODY(iriw_sc_2, r0 = weir_load_sc_(&x); r1 = weir_load_sc_(&y);)
BODY(iriw_sc_3, r2 = weir_load_sc_(&y); r3 = weir_load_sc_(&x);)
BODY(iriw_fence_2, r0 = weir_load_rlx_(&x); weir_fence_sc_();
     r1 = weir_load_rlx_(&y);)
BODY(iriw_fence_3, r2 = weir_load_rlx_(&y); weir_fence_sc_();
     r3 = weir_load_rlx_(&x);)
SEEN(iriw, r0 == 1 && r1 == 0 && r2 == 1 && r3 == 0)

/* -- 2+2W, S, WRC, release sequences ------------------------------------ */

BODY(w22_0, weir_store_rlx_(&x, 1); weir_store_rlx_(&y, 2);)
BODY(w22_1, weir_store_rlx_(&y, 1); weir_store_rlx_(&x, 2);)
SEEN(w22, weir_load_rlx_(&x) == 1 && weir_load_rlx_(&y) == 1)

BODY(s_0, weir_store_rlx_(&x, 2); weir_store_rel_(&y, 1);)
BODY(s_1, r0 = weir_load_acq_(&y); weir_store_rlx_(&x, 1);)
SEEN(s, r0 == 1 && weir_load_rlx_(&x) == 2)

BODY(wrc_0, weir_store_rlx_(&x, 1);)
BODY(wrc_1, r0 = weir_load_rlx_(&x); weir_store_rel_(&y, 1);)
BODY(wrc_1_rlx, r0 = weir_load_rlx_(&x); weir_store_rlx_(&y, 1);)
BODY(wrc_2, r1 = weir_load_acq_(&y); r2 = weir_load_rlx_(&x);)
SEEN(wrc, r0 == 1 && r1 == 1 && r2 == 0)

BODY(chain_0, weir_store_rlx_(&x, 1); weir_store_rel_(&y, 1);)
BODY(chain_1_rmw, (void)weir_fetch_add_rlx_(&y, 1);)
BODY(chain_1_store, if (weir_load_rlx_(&y) == 1) weir_store_rlx_(&y, 2);)
BODY(chain_2, r0 = weir_load_acq_(&y); r1 = weir_load_rlx_(&x);)
SEEN(chain, r0 == 2 && r1 == 0)

BODY(add, (void)weir_fetch_add_rlx_(&x, 1);)
SEEN(lost_add, weir_load_rlx_(&x) != 3)
BODY(add_torn, weir_store_rlx_(&x, weir_load_rlx_(&x) + 1);)

static bool taken(void)
{
    uint32_t expected = 0;

    return weir_cas_rlx_(&x, &expected, 1);
}
BODY(cas_0, r0 = taken();)
BODY(cas_1, r1 = taken();)
SEEN(both_took, r0 + r1 != 1)

/* -- The table ---------------------------------------------------------- */

enum { NEVER, SC_TOO, TSO_TOO, C11_ONLY };

/* From which model on the outcome appears. */
static const struct litmus {
    const char *name;
    int appears;
    weir_explore_body_t *outcome;
    weir_explore_body_t *threads[4];
    bool processes;
} table[] = {
    {"SB, relaxed", TSO_TOO, sb, {sb_rlx_0, sb_rlx_1}, false},
    {"SB, release and acquire", TSO_TOO, sb, {sb_ra_0, sb_ra_1}, false},
    {"SB, seq_cst", NEVER, sb, {sb_sc_0, sb_sc_1}, false},
    {"SB, seq_cst fences", NEVER, sb, {sb_fence_0, sb_fence_1}, false},
    {"SB, one fence", TSO_TOO, sb, {sb_rlx_0, sb_fence_1}, false},
    {"SB, weaker fences", TSO_TOO, sb, {sb_ar_0, sb_fence_1}, false},
    {"SB, a locked operation between",
     C11_ONLY,
     sb,
     {sb_rmw_0, sb_rmw_1},
     false},
    {"SB, one membarrier", NEVER, sb, {sb_rlx_0, sb_membarrier_1}, false},
    {"SB, membarrier in another process",
     TSO_TOO,
     sb,
     {sb_rlx_0, sb_membarrier_1},
     true},
    {"MP, relaxed", C11_ONLY, mp, {mp_rlx_0, mp_rlx_1}, false},
    {"MP, release only", C11_ONLY, mp, {mp_rel_0, mp_rlx_1}, false},
    {"MP, acquire only", C11_ONLY, mp, {mp_rlx_0, mp_acq_1}, false},
    {"MP, release and acquire", NEVER, mp, {mp_rel_0, mp_acq_1}, false},
    {"MP, fences", NEVER, mp, {mp_fence_0, mp_fence_1}, false},
    {"MP, release fence only", C11_ONLY, mp, {mp_fence_0, mp_rlx_1}, false},
    {"MP, acquire fence only", C11_ONLY, mp, {mp_rlx_0, mp_fence_1}, false},
    {"LB (a limit)", NEVER, lb, {lb_0, lb_1}, false},
    {"CoRR", NEVER, corr, {corr_0, corr_1}, false},
    {"CoRR, forwards", SC_TOO, corr_moves, {corr_0, corr_1}, false},
    {"CoRR, both early", SC_TOO, corr_stays, {corr_0, corr_1}, false},
    {"CoWR", NEVER, cowr, {cowr_0, cowr_1}, false},
    {"IRIW, release and acquire",
     C11_ONLY,
     iriw,
     {write_x_rel, write_y_rel, iriw_acq_2, iriw_acq_3},
     false},
    {"IRIW, seq_cst",
     NEVER,
     iriw,
     {write_x_sc, write_y_sc, iriw_sc_2, iriw_sc_3},
     false},
    {"IRIW, fences",
     NEVER,
     iriw,
     {write_x_rel, write_y_rel, iriw_fence_2, iriw_fence_3},
     false},
    {"2+2W (a limit)", NEVER, w22, {w22_0, w22_1}, false},
    {"S, release and acquire", NEVER, s, {s_0, s_1}, false},
    {"WRC, relaxed in the middle",
     C11_ONLY,
     wrc,
     {wrc_0, wrc_1_rlx, wrc_2},
     false},
    {"WRC, a release in the middle", NEVER, wrc, {wrc_0, wrc_1, wrc_2}, false},
    {"release sequence through a RMW",
     NEVER,
     chain,
     {chain_0, chain_1_rmw, chain_2},
     false},
    {"release sequence ends at a store",
     C11_ONLY,
     chain,
     {chain_0, chain_1_store, chain_2},
     false},
    {"RMWs are atomic", NEVER, lost_add, {add, add, add}, false},
    {"a load and a store are not",
     SC_TOO,
     lost_add,
     {add, add, add_torn},
     false},
    {"one CAS wins", NEVER, both_took, {cas_0, cas_1}, false},
};

static void run(const struct litmus *litmus, enum weir_explore_memory memory)
{
    static const char *const models[] = {"SC", "TSO", "C11"};
    struct weir_explore_options options = weir_explore_defaults();
    struct weir_explore_program program = {.setup = setup,
                                           .check = litmus->outcome,
                                           .processes = litmus->processes};
    char name[80];
    bool appears =
        litmus->appears != NEVER && (int)memory + 1 >= litmus->appears;

    for (int i = 0; i < 4; i++)
        program.threads[i] = litmus->threads[i];
    (void)snprintf(name, sizeof name, "%s: %s", models[memory], litmus->name);
    program.name = name;
    options.memory = memory;
    options.preemptions = WEIR_EXPLORE_ANY;
    options.stale = 4;
    seen = 0;
    (void)kit_explore(&program, options, WEIR_EXPLORE_PASSED);
    if (appears != (seen > 0)) {
        kit_wrong++;
        (void)printf("FAIL  %s: seen %" PRIu64 " times, which should be %s\n",
                     name, seen, appears ? "more" : "never");
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        for (int memory = WEIR_EXPLORE_MEMORY_SC;
             memory <= (int)WEIR_EXPLORE_MEMORY_C11; memory++)
            run(&table[i], (enum weir_explore_memory)memory);
    return kit_finish();
}
