// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The weir authors
//
// The client programs of the primitives in relacy.
#ifndef RELACY_ENGINE_H
#define RELACY_ENGINE_H

#include <string>

#include "model/model.h"

struct relacy_result {
    bool passed;
    unsigned long executions;
    std::string report; // how it failed, with each step
};

// Run p under relacy's random scheduler, so many times or until it fails:
// the same ones each time.
bool relacy_run(const struct model_program *p, unsigned long executions,
                struct relacy_result *result);

#endif
