/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Replay strings.
 */
#ifndef WEIR_EXPLORE_SCRIPT_H
#define WEIR_EXPLORE_SCRIPT_H

#include "engine.h"

/* Options that decide what there is to choose, then the choices. */
void explore_script_write_(char *text, size_t size,
                           const struct weir_explore_options *options,
                           const struct script *script);

/* False if text is no replay string. */
bool explore_script_read_(const char *text,
                          struct weir_explore_options *options,
                          struct script *script);

#endif
