// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The weir authors
//
// Runs the programs of tests/model/ in relacy.
//
//   run_relacy N <primitive>          N executions of each of its programs:
//                                     none may fail
//   run_relacy N -m <mutant>...       each must be found in N executions of
//                                     the program that it names
//   run_relacy N -a                   which mutants are found, for the list
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "engine.h"

extern "C" int weir_explore_mutant_;

namespace {

struct mutant {
    int number;
    const char *name;
    const char *primitive;
    const char *program;
    const char *wrong;
    const char *row;
};

const struct mutant mutants[] = {
#include "mutants.inc"
};

const struct {
    const char *name;
    const struct model_program *programs;
} primitives[] = {
    {"revoke", model_revoke},   {"parked", model_parked},
    {"ring", model_ring},       {"eventcount", model_eventcount},
    {"mutex", model_mutex},     {"rmutex", model_rmutex},
    {"barrier", model_barrier}, {"queue", model_queue},
    {"thread", model_thread},   {"timer", model_timer},
    {"cond", model_cond},       {"sem", model_sem},
    {"event", model_event},     {"latch", model_latch},
    {"once", model_once},       {"rwlock", model_rwlock},
    {"seqlock", model_seqlock},
};

const struct model_program *programs_of(const char *primitive)
{
    for (auto &each : primitives)
        if (strcmp(each.name, primitive) == 0)
            return each.programs;
    fprintf(stderr, "there is no primitive %s\n", primitive);
    exit(2);
}

bool passes(const char *primitive, const struct model_program *p,
            unsigned long executions)
{
    struct relacy_result result;
    clock_t start = clock();

    relacy_run(p, executions, &result);
    printf("%-10s %-22s %9lu executions %6.2f s  %s\n", primitive, p->name,
           result.executions,
           static_cast<double>(clock() - start) / CLOCKS_PER_SEC,
           result.passed ? "passed" : "FAILED");
    if (!result.passed)
        printf("%s\n", result.report.c_str());
    fflush(stdout);
    return result.passed;
}

bool is_found(const struct mutant &m, unsigned long executions)
{
    const struct model_program *p = programs_of(m.primitive);
    struct relacy_result result;

    while (p->name != nullptr && strcmp(p->name, m.program) != 0)
        p++;
    if (p->name == nullptr)
        return false;
    weir_explore_mutant_ = m.number;
    relacy_run(p, executions, &result);
    weir_explore_mutant_ = 0;
    printf("%-42s %-10s %-20s %8lu  %s\n", m.name, m.primitive, m.program,
           result.executions, result.passed ? "NOT FOUND" : "found");
    fflush(stdout);
    return !result.passed;
}

bool is_found(const char *name, unsigned long executions)
{
    for (auto &m : mutants)
        if (strcmp(m.name, name) == 0)
            return is_found(m, executions);
    printf("there is no mutant %s\n", name);
    return false;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: run_relacy N <primitive> | -m ... | -a\n");
        return 2;
    }
    unsigned long executions = strtoul(argv[1], nullptr, 10);
    bool all = true;

    if (strcmp(argv[2], "-a") == 0) {
        for (auto &m : mutants)
            (void)is_found(m, executions);
        return 0;
    }
    if (strcmp(argv[2], "-m") == 0) {
        for (int i = 3; i < argc; i++)
            all = is_found(argv[i], executions) && all;
        return all ? 0 : 1;
    }
    for (auto *p = programs_of(argv[2]); p->name != nullptr; p++)
        if (argc == 3 || strcmp(argv[3], p->name) == 0)
            all = passes(argv[2], p, executions) && all;
    return all ? 0 : 1;
}
