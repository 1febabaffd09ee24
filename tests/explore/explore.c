/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The search: execution after execution, with no preemption first, then one
 * and so on up to the bound, so that what is found is found with the fewest
 * [Musuvathi07].  A failure is then shortened: choices that were not the
 * plainest are taken back one after the other, as long as it fails in the
 * same way; and at last run once more for its trace.
 */
#include "engine.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "script.h"

enum { SHORTENING = 3000 }; /* executions that may go into it */

struct weir_explore_options weir_explore_defaults(void)
{
    return (struct weir_explore_options){.memory = WEIR_EXPLORE_MEMORY_C11,
                                         .search = WEIR_EXPLORE_ALL,
                                         .preemptions = 2,
                                         .stale = 1,
                                         .jump_ns = 2000000,
                                         .max_steps = 5000,
                                         .max_executions = 50000000,
                                         .runs = 100000,
                                         .seed = 1,
                                         .depth = 3,
                                         .report = stderr};
}

const char *weir_explore_verdict_name(enum weir_explore_verdict verdict)
{
    static const char *const names[] = {
        "passed", "deadlock",       "lost wake-up", "livelock", "assertion",
        "race",   "use after free", "panic",        "misuse",
    };

    return (unsigned)verdict < sizeof names / sizeof names[0] ? names[verdict]
                                                              : "unknown";
}

static double processor_seconds(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* -- Searching ---------------------------------------------------------- */

/* True: stop, since one failed, or there may be no more. */
static bool run_one(struct weir_explore_result *result)
{
    explore_run_();
    result->executions++;
    return ex_.verdict != WEIR_EXPLORE_PASSED;
}

/* All executions with so many preemptions.  True: one failed. */
static bool search_up_to(struct weir_explore_result *result,
                         uint32_t preemptions)
{
    ex_.options.preemptions = preemptions;
    explore_choices_clear_();
    for (;;) {
        bool more;

        if (result->executions >= ex_.options.max_executions) {
            result->complete = false;
            return false;
        }
        ex_.discovered = false;
        if (run_one(result))
            return true;
        /* What was left out so far was left out for a wrong reason. */
        ex_.discovered = ex_.discovered && ex_.reducing;
        if (ex_.discovered)
            explore_choices_clear_();
        more = ex_.discovered || explore_choices_next_();
        if (!more)
            return false;
    }
}

static bool search_all(struct weir_explore_result *result)
{
    uint32_t bound = ex_.options.preemptions;

    ex_.mode = SEARCH;
    ex_.reducing = !ex_.options.no_reduction;
    result->complete = true;
    if (bound == WEIR_EXPLORE_ANY)
        return search_up_to(result, bound);
    for (uint32_t p = 0; p <= bound && result->complete; p++)
        if (search_up_to(result, p))
            return true;
    return false;
}

static bool search_at_random(struct weir_explore_result *result)
{
    ex_.mode = RANDOM;
    ex_.options.preemptions = WEIR_EXPLORE_ANY;
    for (uint64_t i = 0; i < ex_.options.runs; i++) {
        ex_.random = ex_.options.seed + i;
        if (run_one(result))
            return true;
    }
    return false;
}

/* -- Replaying and shortening ------------------------------------------- */

static void replay(const struct script *plan, bool strict)
{
    ex_.mode = REPLAY;
    ex_.strict = strict;
    ex_.plan = plan;
    explore_run_();
}

/* The script without its i-th deviation. */
static void leave_out(struct script *to, const struct script *from, unsigned i)
{
    *to = *from;
    to->n--;
    memmove(&to->at[i], &to->at[i + 1], (to->n - i) * sizeof to->at[0]);
}

static void shorten(struct script *script, enum weir_explore_verdict verdict,
                    uint32_t steps)
{
    static struct script shorter;
    int budget = SHORTENING;
    unsigned i = 0;

    /* From the end, since what comes first moves all that follows. */
    while (i < script->n && budget-- > 0) {
        leave_out(&shorter, script, script->n - 1 - i);
        replay(&shorter, false);
        if (ex_.verdict == verdict && ex_.script.n < script->n &&
            ex_.step <= steps + 50) {
            *script = ex_.script;
            steps = ex_.step;
            i = 0;
        } else {
            i++;
        }
    }
}

static void describe(struct weir_explore_result *result)
{
    const struct weir_explore_options *given = &ex_.options;

    result->verdict = ex_.verdict;
    (void)snprintf(result->message, sizeof result->message, "%s", ex_.message);
    result->used_steps = ex_.step;
    result->used_preemptions = given->preemptions - ex_.left.preemptions;
    result->used_stale = given->stale - ex_.left.stale;
    result->used_kills = given->kills - ex_.left.kills;
    result->trace_hash = explore_trace_hash_();
    explore_script_write_(result->replay, sizeof result->replay, &ex_.options,
                          &ex_.script);
}

static void report(const struct weir_explore_result *result)
{
    FILE *out = ex_.options.report;

    if (out == NULL)
        return;
    (void)fprintf(out, "\n%s: %s: %s\n",
                  ex_.program->name != NULL ? ex_.program->name : "program",
                  weir_explore_verdict_name(result->verdict), result->message);
    (void)fprintf(out,
                  "after %" PRIu64 " executions; this one has %u steps, %u "
                  "preemptions, %u stale reads, %u kills\n\n",
                  result->executions, result->used_steps,
                  result->used_preemptions, result->used_stale,
                  result->used_kills);
    explore_trace_print_(out);
    (void)fprintf(out, "\nreplay: %s\n\n", result->replay);
    (void)fflush(out);
}

/* Run a failing script for all to see. */
static void show(const struct script *script, bool strict,
                 struct weir_explore_result *result)
{
    explore_trace_begin_();
    ex_.tracing = true;
    replay(script, strict);
    ex_.tracing = false;
    describe(result);
    if (result->verdict != WEIR_EXPLORE_PASSED)
        report(result);
}

/* -- The interface ------------------------------------------------------ */

static enum weir_explore_verdict reject(struct weir_explore_result *result,
                                        const char *message)
{
    (void)snprintf(result->message, sizeof result->message, "%s", message);
    result->verdict = WEIR_EXPLORE_MISUSE;
    if (ex_.options.report != NULL)
        (void)fprintf(ex_.options.report, "weir-explore: %s\n", message);
    return result->verdict;
}

static void run_search(struct weir_explore_result *result)
{
    static struct script failing;
    enum weir_explore_verdict verdict;
    bool found = ex_.options.search == WEIR_EXPLORE_RANDOM
                     ? search_at_random(result)
                     : search_all(result);

    if (!found)
        return;
    verdict = ex_.verdict;
    failing = ex_.script;
    ex_.reducing = false;
    if (verdict != WEIR_EXPLORE_MISUSE)
        shorten(&failing, verdict, ex_.step);
    show(&failing, false, result);
    if (result->verdict != verdict)
        result->verdict = WEIR_EXPLORE_MISUSE;
}

enum weir_explore_verdict
weir_explore(const struct weir_explore_program *program,
             const struct weir_explore_options *options,
             struct weir_explore_result *result)
{
    static struct weir_explore_result unwanted;
    double start = processor_seconds();

    if (result == NULL)
        result = &unwanted;
    memset(result, 0, sizeof *result);
    ex_.options = *options;
    if (ex_.active)
        return reject(result, "an exploration within an exploration");
    ex_.program = program;
    ex_.n_threads = 0;
    while (ex_.n_threads < THREADS && program->threads[ex_.n_threads] != NULL)
        ex_.n_threads++;
    if (ex_.n_threads == 0)
        return reject(result, "a program without threads");
    ex_.longest = 0;
    ex_.total_steps = 0;
    ex_.reducing = false;
    explore_places_forget_();
    explore_catch_crashes_();
    if (options->replay != NULL) {
        static struct script script;

        if (explore_script_read_(options->replay, &ex_.options, &script)) {
            result->executions = 1;
            show(&script, true, result);
        } else {
            (void)reject(result, "this is no replay string");
        }
    } else {
        run_search(result);
    }
    explore_catch_no_more_();
    result->steps = ex_.total_steps;
    result->seconds = processor_seconds() - start;
    return result->verdict;
}
