/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The life of a thread, as one word that others wait on.
 */
#ifndef WEIR_THREAD_LIFE_H
#define WEIR_THREAD_LIFE_H

#include <weir/thread.h>

#include "futex/foreign.h"
#include "futex/until.h"

enum weir_phase {
    WEIR_PHASE_NEW = 0,
    WEIR_PHASE_STARTING, /* somebody is starting it */
    WEIR_PHASE_REFUSED,  /* it could not have what attributes ask for */
    WEIR_PHASE_RUNNING,  /* its numbers are known */
    WEIR_PHASE_ENDED     /* its result is there */
};

/* weir_thread_t.options, beside WEIR_THREAD_SCHED. */
#define WEIR_THREAD_CPUS_ 0x100u    /* cpus are given */
#define WEIR_THREAD_MASK_ 0x200u    /* signal_mask is what to start with */
#define WEIR_THREAD_COUNTED_ 0x400u /* not a daemon: see leave.h */
#define WEIR_THREAD_STARTED_ 0x800u /* as a thread, and has begun */

/* A set of phases. */
#define WEIR_PHASE_BIT(phase) (1u << (phase))

/* Make *t new, a daemon or not. */
void weir_life_init_(weir_thread_t *t, bool daemon);

/* Make *t one that is running without having been started. */
void weir_life_init_running_(weir_thread_t *t, bool foreign);

/* From NEW to STARTING; false if it is not new.  What the last who moved it
 * did is visible. */
bool weir_life_claim_(weir_thread_t *t);

/* Move to another phase, and let those know who wait: the last access, what
 * was done before is visible to them. */
void weir_life_move_(weir_thread_t *t, enum weir_phase phase);

/* In which phase it is; sees what was done before. */
enum weir_phase weir_life_phase_(const weir_thread_t *t);

/* Wait until it is in one of the phases of a set, or until the deadline;
 * returns the phase that it found last. */
enum weir_phase weir_life_await_(weir_thread_t *t, uint32_t phases,
                                 struct weir_until until);

/* Mark the word, to be slept on with others until the phase is another; false
 * if it has changed, or is in one of the phases. */
bool weir_life_announce_(weir_thread_t *t, uint32_t phases,
                         struct weir_words *words);

/* Foreign, or a daemon. */
bool weir_life_is_foreign_(const weir_thread_t *t);
bool weir_life_is_daemon_(const weir_thread_t *t);

/* While it is new: false, and no change, if it is not. */
bool weir_life_set_daemon_(weir_thread_t *t, bool daemon);

#endif
