/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Where a test would hang: when a process has made no progress for 30 s
 * (WEIR_TEST_WATCHDOG, in seconds), stderr gets every thread's name, state
 * and system call, what the thread noted last, and the words of the objects
 * under test; then the process aborts.
 *
 * It is a timer signal to the thread that armed it, not a thread: it adds
 * none to the process and disturbs nobody until it goes off.  A new process
 * must arm its own; support_fork does.
 */
#ifndef SUPPORT_WATCHDOG_H
#define SUPPORT_WATCHDOG_H

#include <stddef.h>

void support_watchdog_arm(void);
void support_watchdog_disarm(void);

/* Long tests call this once per round; so does support_note. */
void support_progress(void);

/* Note what this thread does now.  The text is formatted only when needed,
 * so that a note costs a few stores: format is a literal with up to two %lu,
 * for a and b. */
void support_note(const char *format, unsigned long a, unsigned long b);

/* The text of this thread's last note, "-" if none. */
const char *support_noted(void);

/* Print the object's words (hex) if the test hangs; until forget.  The
 * memory may be gone by then: that is printed instead. */
void support_watch(const char *name, const void *object, size_t size);
void support_forget(const void *object);

/* Print all of it now. */
void support_dump(void);

/* For threads.c and process.c: this thread ends; this is a new process. */
void support_note_release_(void);
void support_note_forked_(void);

#endif
