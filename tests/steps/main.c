/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * steps [--deep] [--sparse] [--trap-flag] [TABLE[.PART]...]: sweeps the
 * scenarios whose names begin so, or all.
 *   --deep       killed after each instruction, also where nothing has changed
 *   --sparse     suspended after each fourth instruction, and where something
 *                has changed
 *   --trap-flag  without ptrace
 * Exit status 77: not on this machine.
 */
#include <stdio.h>
#include <string.h>

#include "memory.h"
#include "sweep.h"

#define SKIPPED 77

static const struct scenario *const tables[] = {
    mutex_scenarios,   barrier_scenarios,         queue_scenarios,
    private_scenarios, private_barrier_scenarios, private_queue_scenarios,
    signal_scenarios,  private_signal_scenarios,
};

static bool is_wanted(const char *name, int argc, char **argv)
{
    bool any = false;

    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-')
            continue;
        any = true;
        if (strncmp(name, argv[i], strlen(argv[i])) == 0)
            return true;
    }
    return !any;
}

static bool has_option(const char *option, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], option) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    bool deep = has_option("--deep", argc, argv);
    struct stops stops = {.every_kill = deep, .suspend_every = 1};
    struct totals totals = {.sweeps = 0};
    unsigned skipped = 0;

    if (has_option("--sparse", argc, argv))
        stops.suspend_every = 4;
    world_set_up();
    stepper = &by_ptrace;
    if (has_option("--trap-flag", argc, argv)) {
        stepper = &by_trap_flag;
    } else if (!stepper->works()) {
        printf("ptrace is forbidden here: the trap flag instead\n");
        stepper = &by_trap_flag;
    }
    for (unsigned t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
        for (const struct scenario *s = tables[t]; s->name != NULL; s++) {
            if (!is_wanted(s->name, argc, argv))
                continue;
            if (s->vm && !memory_can_clone()) {
                skipped++;
                continue;
            }
            sweep(s, &stops, &totals);
        }
    printf("%u sweeps by %s, %ld stops, the longest way %ld instructions\n",
           totals.sweeps, stepper->name, totals.stops, totals.longest);
    if (skipped > 0)
        printf("SKIPPED: %u scenarios of private objects, no way to make "
               "thread-local storage here\n",
               skipped);
    return totals.sweeps > 0 ? 0 : SKIPPED;
}
