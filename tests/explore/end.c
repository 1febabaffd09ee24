/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * How an execution ends early: it has failed, or nobody can go on.
 */
#include "engine.h"

#include <stdarg.h>

void explore_leave_(void)
{
    struct coroutine *here = ex_.context;

    ex_.context = &ex_.driver;
    explore_coroutine_switch_(here, &ex_.driver);
    __builtin_unreachable();
}

void explore_fail_(enum weir_explore_verdict verdict, const char *format, ...)
{
    va_list list;

    if (ex_.probing)
        explore_conclude_();
    va_start(list, format);
    (void)vsnprintf(ex_.message, sizeof ex_.message, format, list);
    va_end(list);
    ex_.verdict = verdict;
    explore_leave_();
}

static void note_asleep(unsigned i)
{
    const struct thread *t = &ex_.threads[i];

    for (unsigned k = 0; k < t->n_queues; k++) {
        const struct standing *s = &t->queues[k];
        struct explore_note *note =
            explore_note_(i, "is asleep for ever", NULL);

        if (note == NULL)
            return;
        note->address = s->word;
        note->value = explore_peek_(s->word, 4);
        note->has_value = true;
        (void)snprintf(note->note, sizeof note->note, "slept on 0x%x",
                       s->expected);
    }
}

/* Which words a thread sleeps on, in a word. */
static uintptr_t sleeps_on(const struct thread *t)
{
    uintptr_t words = 0;

    for (unsigned k = 0; k < t->n_queues; k++)
        words = words * 31 + (uintptr_t)t->queues[k].word;
    return words;
}

/* Somebody is asleep for ever.  Whether a wake-up was lost, or there is
 * nothing to wake for, is seen by waking all and looking on. */
void explore_probe_(void)
{
    ex_.probing = true;
    ex_.probed_step = ex_.step;
    ex_.left_then = ex_.left;
    ex_.left = (struct weir_explore_options){.memory = ex_.options.memory};
    for (unsigned i = 0; i < ex_.n_threads; i++) {
        struct thread *t = &ex_.threads[i];

        ex_.stuck[i] = t->status == ASLEEP ? sleeps_on(t) : 0;
        if (t->status == ASLEEP) {
            note_asleep(i);
            t->slept = SLEPT_WOKEN;
            t->status = READY;
        }
        t->n_queues = 0;
    }
    ex_.was_tracing = ex_.tracing;
    ex_.tracing = false;
}

_Noreturn void explore_conclude_(void)
{
    int asleep = 0;
    int forgotten = -1;

    ex_.probing = false;
    ex_.tracing = ex_.was_tracing;
    ex_.step = ex_.probed_step;
    ex_.left = ex_.left_then;
    for (unsigned i = 0; i < ex_.n_threads; i++) {
        const struct thread *t = &ex_.threads[i];

        asleep += ex_.stuck[i] != 0;
        if (ex_.stuck[i] != 0 &&
            (t->status == GONE ||
             (t->status == ASLEEP && sleeps_on(t) != ex_.stuck[i])))
            forgotten = (int)i;
    }
    if (forgotten >= 0)
        explore_fail_(WEIR_EXPLORE_LOST_WAKEUP,
                      "T%d sleeps for ever, and would go on if it were woken",
                      forgotten);
    explore_fail_(WEIR_EXPLORE_DEADLOCK,
                  "%d thread%s asleep for ever, and to be woken would not help",
                  asleep, asleep == 1 ? " is" : "s are");
}
