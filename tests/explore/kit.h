/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What the explorer's tests of itself share: expectations that are counted,
 * and explorations that must end in a given way.
 */
#ifndef WEIR_EXPLORE_KIT_H
#define WEIR_EXPLORE_KIT_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weir/explore.h>

static int kit_wrong;

#define expect(condition)                                                      \
    ((condition) ? (void)0 : kit_complain(#condition, __FILE__, __LINE__))

static inline void kit_complain(const char *text, const char *file, int line)
{
    kit_wrong++;
    (void)printf("FAIL  %s:%d: %s\n", file, line, text);
}

/* Explore; complain, with the whole report, unless it ends as wanted. */
static inline struct weir_explore_result
kit_explore(const struct weir_explore_program *program,
            struct weir_explore_options options,
            enum weir_explore_verdict wanted)
{
    struct weir_explore_result result;
    bool good;

    options.report = NULL;
    good = weir_explore(program, &options, &result) == wanted &&
           (wanted != WEIR_EXPLORE_PASSED || result.complete ||
            options.search == WEIR_EXPLORE_RANDOM);
    (void)printf("%s  %-44s %-14s %9" PRIu64 " executions, %.2f s\n",
                 good ? "ok  " : "FAIL", program->name,
                 weir_explore_verdict_name(result.verdict), result.executions,
                 result.seconds);
    if (!good) {
        kit_wrong++;
        options.report = stdout;
        options.replay = result.replay[0] != '\0' ? result.replay : NULL;
        if (result.replay[0] != '\0')
            (void)weir_explore(program, &options, NULL);
        (void)printf("      wanted: %s%s\n", weir_explore_verdict_name(wanted),
                     result.complete ? "" : "; the search was not complete");
    }
    return result;
}

static inline int kit_finish(void)
{
    return kit_wrong != 0;
}

#endif
