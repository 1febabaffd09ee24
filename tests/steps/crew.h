/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Sweeps of what only threads can do: start, end, and be timers' thread.  Each
 * run has a process of its own.  Its first thread, the director, does there
 * what the judge does in other sweeps, when the judge asks; the victim and
 * the waiters are threads beside it, and those that they start.  The judge
 * traces the victim alone, which it can from another process: all others run.
 *
 * The director calls nothing that may wait for the victim.
 */
#ifndef STEPS_CREW_H
#define STEPS_CREW_H

#include <sys/types.h>

struct scenario;

enum question { ASK_OTHERS, ASK_AWAKEN, ASK_FINISH };

/* The judge's: a process, its waiters asleep, its victim (world->victim_tid)
 * about to begin. */
pid_t crew_begin(const struct scenario *s);

/* The judge's: what the scenario's function returned in that process.  To
 * finish is to let all settle before. */
int crew_ask(enum question question, unsigned arg);

/* The victim's: until it is traced.  Called for it, unless the scenario
 * launches it. */
void crew_victim_waits(void);

/* The director's: a thread; returns its number. */
pid_t crew_thread(void (*body)(unsigned), unsigned index);

#endif
