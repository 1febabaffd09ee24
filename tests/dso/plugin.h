/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What plugin.c exports.
 */
#ifndef DSO_PLUGIN_H
#define DSO_PLUGIN_H

#define EXPORTED __attribute__((visibility("default")))

/* In a thread that is not main, before main has called the other. */
EXPORTED int in_thread(void);
/* In main. */
EXPORTED int in_main(int asks_for_main);

#endif
