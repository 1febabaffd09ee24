/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * steps [--every-kill] [--sparse] [--trap-flag] [TABLE[.PART]...]: sweeps the
 * scenarios whose names begin so, or all.
 *   --every-kill killed after each instruction, also where nothing has changed
 *                and so nothing may look different
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

#define TABLE(primitive) primitive##_scenarios,
static const struct scenario *const tables[] = {STEPS_PRIMITIVES};
#undef TABLE
#define TABLE(primitive) private_##primitive##_scenarios,
static const struct scenario *const private_tables[] = {STEPS_PRIMITIVES};
#undef TABLE

static struct stops stops = {.every_kill = false, .suspend_every = 1};
static struct totals totals;
static unsigned skipped;

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

static void sweep_table(const struct scenario *table, int argc, char **argv)
{
    for (const struct scenario *s = table; s != NULL && s->name != NULL; s++) {
        if (!is_wanted(s->name, argc, argv))
            continue;
        if ((s->vm && !memory_can_clone()) ||
            (s->threads && stepper->attach == NULL))
            skipped++;
        else
            sweep(s, &stops, &totals);
    }
}

int main(int argc, char **argv)
{
    stops.every_kill = has_option("--every-kill", argc, argv);
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
    for (unsigned t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
        sweep_table(tables[t], argc, argv);
        sweep_table(private_tables[t], argc, argv);
    }
    printf("%u sweeps by %s, %ld stops, the longest way %ld instructions\n",
           totals.sweeps, stepper->name, totals.stops, totals.longest);
    if (skipped > 0)
        printf("SKIPPED: %u scenarios of private objects, no way to make "
               "thread-local storage here, or to trace a thread\n",
               skipped);
    return totals.sweeps > 0 ? 0 : SKIPPED;
}
