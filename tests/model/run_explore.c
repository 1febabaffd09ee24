/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Runs the programs of tests/model/ in the explorer.
 *
 *   run_explore [-d] <primitive>...     all executions of all its programs:
 *                                       none may fail
 *   run_explore -m <primitive>...       its mutants: each must be found by
 *                                       the program that it names, within the
 *                                       bounds within which the library as
 *                                       it is does not fail
 *   run_explore [-d] [-n <mutant>] [-r <replay>] <primitive>/<program>
 *
 *   -d  deeper bounds
 */
#include <weir/explore.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/model.h"

#define PAGE 4096u
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The number of the mutant that lives; 0 is the library as it is. */
int weir_explore_mutant_;

struct mutant {
    int number;
    const char *name;
    const char *primitive;
    const char *program;
    const char *wrong;
    const char *row;
};

static const struct mutant mutants[] = {
#include "mutants.inc"
};

static const struct {
    const char *name;
    const struct model_program *programs;
} primitives[] = {
    {"revoke", model_revoke},   {"parked", model_parked},
    {"ring", model_ring},       {"eventcount", model_eventcount},
    {"mutex", model_mutex},     {"barrier", model_barrier},
    {"queue", model_queue},     {"sem", model_sem},
    {"event", model_event},     {"armed", model_armed},
    {"rwlock", model_rwlock},   {"rmutex", model_rmutex},
    {"thread", model_thread},   {"timer", model_timer},
    {"latch", model_latch},     {"once", model_once},
    {"seqlock", model_seqlock}, {"cond", model_cond},
    {"token", model_token},     {"wait_any", model_wait_any},
};

/* -- The header of the programs, for the explorer ----------------------- */

static const struct model_program *current;
static void *state; /* of the current program, as setup and check see it */

void model_fail(const char *site)
{
    weir_explore_fail_(site);
}

int model_get_(const model_data_t *data, const char *site)
{
    weir_explore_plain_(data, sizeof *data, false, site);
    return data->value;
}

void model_set_(model_data_t *data, int value, const char *site)
{
    weir_explore_plain_(data, sizeof *data, true, site);
    data->value = value;
}

void model_free_(void *memory, size_t size, const char *site)
{
    weir_explore_free_(memory, size, site);
}

bool model_was_killed(unsigned thread)
{
    return weir_explore_was_killed((int)thread);
}

/* -- Running one -------------------------------------------------------- */

static void set_up(void *unused)
{
    size_t size = (current->size + PAGE - 1) / PAGE * PAGE;
    unsigned char *memory;

    (void)unused;
    if (current->flags & MODEL_PROCESSES)
        memory = weir_explore_shared(size);
    else
        memory = weir_explore_alloc(size + PAGE);
    state = memory + (PAGE - (uintptr_t)memory % PAGE) % PAGE;
    memset(state, 0, size);
    if (current->setup != NULL)
        current->setup(state);
}

static void run_thread(void *unused)
{
    (void)unused;
    current->thread[weir_explore_self()](weir_explore_here(state));
}

static void check(void *unused)
{
    (void)unused;
    if (current->check != NULL)
        current->check(state);
}

/* Each program runs under both: C11 has loads that are stale, TSO has stores
 * that the kernel does not see yet when it compares the word of a sleeper. */
static const enum weir_explore_memory memories[] = {WEIR_EXPLORE_MEMORY_C11,
                                                    WEIR_EXPLORE_MEMORY_TSO};

static const char *memory_name(enum weir_explore_memory memory)
{
    return memory == WEIR_EXPLORE_MEMORY_TSO ? "TSO" : "C11";
}

static struct weir_explore_options options_for(const struct model_program *p,
                                               enum weir_explore_memory memory,
                                               bool deep)
{
    struct weir_explore_options options = weir_explore_defaults();

    options.memory = memory;
    options.preemptions = p->preemptions + (deep ? p->deeper : 0);
    options.stale = p->stale;
    options.kills = p->kills;
    options.spurious = p->spurious;
    options.timeouts = p->timeouts;
    options.jumps = p->jumps;
    options.jump_ns = MODEL_JUMP_NS;
    options.refusals = p->flags & MODEL_REFUSED_LATE ? 1 : 0;
    options.no_membarrier = p->flags & MODEL_REFUSED_EARLY;
    options.no_wait_any = p->flags & MODEL_NO_WAIT_ANY;
    options.safety_nets = p->flags & MODEL_NETS;
    options.max_executions = deep ? UINT64_MAX : 20000000;
    options.report = stdout;
    return options;
}

static struct weir_explore_result
run(const struct model_program *p, const struct weir_explore_options *options)
{
    struct weir_explore_program program = {
        .name = p->name,
        .setup = set_up,
        .check = check,
        .processes = p->flags & MODEL_PROCESSES,
        .mortal = p->mortal,
    };
    struct weir_explore_result result;

    for (unsigned i = 0; i < MODEL_THREADS && p->thread[i] != NULL; i++)
        program.threads[i] = run_thread;
    current = p;
    (void)weir_explore(&program, options, &result);
    return result;
}

/* -- All that must pass ------------------------------------------------- */

static const struct model_program *programs_of(const char *primitive)
{
    for (size_t i = 0; i < COUNT(primitives); i++)
        if (strcmp(primitives[i].name, primitive) == 0)
            return primitives[i].programs;
    fprintf(stderr, "there is no primitive %s\n", primitive);
    exit(2);
}

static const struct model_program *program_of(const char *primitive,
                                              const char *name)
{
    const struct model_program *p = programs_of(primitive);

    while (p->name != NULL && strcmp(p->name, name) != 0)
        p++;
    if (p->name == NULL) {
        fprintf(stderr, "%s has no program %s\n", primitive, name);
        exit(2);
    }
    return p;
}

static bool passes(const char *primitive, const struct model_program *p,
                   const struct weir_explore_options *options)
{
    struct weir_explore_result result = run(p, options);
    bool failed = result.verdict != WEIR_EXPLORE_PASSED;

    printf("%-10s %-20s %s %10llu executions %8.2f s  %s\n", primitive, p->name,
           memory_name(options->memory), (unsigned long long)result.executions,
           result.seconds,
           failed            ? weir_explore_verdict_name(result.verdict)
           : result.complete ? "passed"
                             : "NOT ALL");
    if (failed)
        printf("%s\nreplay: %s\n", result.message, result.replay);
    fflush(stdout);
    return !failed && result.complete;
}

/* Under both memories, or as recorded. */
static int run_program(const char *primitive, const struct model_program *p,
                       bool deep, const char *replay)
{
    int failed = 0;

    for (size_t i = 0; i < COUNT(memories); i++) {
        struct weir_explore_options options = options_for(p, memories[i], deep);

        options.replay = replay;
        failed += !passes(primitive, p, &options);
        if (replay != NULL)
            break;
    }
    return failed;
}

static int run_primitive(const char *primitive, bool deep)
{
    int failed = 0;

    for (const struct model_program *p = programs_of(primitive);
         p->name != NULL; p++)
        failed += run_program(primitive, p, deep, NULL);
    return failed;
}

/* -- Mutants ------------------------------------------------------------ */

static bool look_for(const struct mutant *m)
{
    const struct model_program *p = program_of(m->primitive, m->program);
    struct weir_explore_result result;
    uint64_t executions = 0;
    double seconds = 0;

    weir_explore_mutant_ = m->number;
    for (size_t i = 0; i < COUNT(memories); i++) {
        struct weir_explore_options options =
            options_for(p, memories[i], false);

        options.report = NULL;
        result = run(p, &options);
        executions += result.executions;
        seconds += result.seconds;
        if (result.verdict == WEIR_EXPLORE_PASSED)
            continue;
        printf("%-38s %-10s %-18s %s %8llu %6.2f s  %s\n", m->name,
               m->primitive, m->program, memory_name(memories[i]),
               (unsigned long long)executions, seconds,
               weir_explore_verdict_name(result.verdict));
        return result.verdict != WEIR_EXPLORE_MISUSE;
    }
    return false;
}

/* In a process of its own: what is wrong may stop at nothing. */
static bool is_found(const struct mutant *m)
{
    int status;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        bool found = look_for(m);

        fflush(stdout);
        _exit(!found);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        exit(2);
    if (!WIFEXITED(status))
        printf("%s: stopped by signal %d\n", m->name, WTERMSIG(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int run_mutants(const char *primitive)
{
    int missed = 0;
    int found = 0;

    for (size_t i = 0; i < COUNT(mutants); i++) {
        if (strcmp(mutants[i].primitive, primitive) != 0)
            continue;
        if (is_found(&mutants[i])) {
            found++;
        } else {
            missed++;
            printf("NOT FOUND: %s: %s\n", mutants[i].name, mutants[i].wrong);
        }
    }
    printf("%s: %d mutants found, %d not\n", primitive, found, missed);
    return missed;
}

static int mutant_number(const char *name)
{
    for (size_t i = 0; i < COUNT(mutants); i++)
        if (strcmp(mutants[i].name, name) == 0)
            return mutants[i].number;
    fprintf(stderr, "there is no mutant %s\n", name);
    exit(2);
}

/* One program, with its report. */
static int run_one(char *what, bool deep, const char *replay)
{
    char *slash = strchr(what, '/');

    *slash = '\0';
    return run_program(what, program_of(what, slash + 1), deep, replay);
}

int main(int argc, char **argv)
{
    const char *replay = NULL;
    bool deep = false;
    bool all_mutants = false;
    int failed = 0;
    int option;

    while ((option = getopt(argc, argv, "dmn:r:")) != -1) {
        switch (option) {
        case 'd': deep = true; break;
        case 'm': all_mutants = true; break;
        case 'n': weir_explore_mutant_ = mutant_number(optarg); break;
        case 'r': replay = optarg; break;
        default: return 2;
        }
    }
    for (int i = optind; i < argc; i++)
        failed += all_mutants ? run_mutants(argv[i])
                  : strchr(argv[i], '/') != NULL
                      ? run_one(argv[i], deep, replay)
                      : run_primitive(argv[i], deep);
    return failed != 0 || optind == argc;
}
