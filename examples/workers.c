/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Workers with names, results and failures.  Each looks for the largest number
 * of Collatz steps in a part of the numbers, and gives back its part as its
 * result.  One is given nonsense, and says so: the failhook hears who it was.
 */
#include <stdio.h>
#include <string.h>
#include <weir/thread.h>
#include <weir/mutex.h>

enum { WORKERS = 4, LIMIT = 200000 };

struct part {
    char name[24];
    int first;
    int last;
    int best;  /* the number */
    int steps; /* and how many it takes */
};

static weir_mutex_t lock = WEIR_MUTEX_INIT;
static int failures;
static char failed[24];

/* In the thread that fails. */
static void note(const weir_failure_t *failure)
{
    weir_mutex_lock(&lock);
    failures++;
    snprintf(failed, sizeof(failed), "%s", weir_thread_name(failure->thread));
    printf("%s: %s\n", failed, failure->message);
    weir_mutex_unlock(&lock);
}

static int steps_from(uint64_t number)
{
    int steps = 0;

    for (; number != 1; steps++)
        number = number % 2 == 0 ? number / 2 : 3 * number + 1;
    return steps;
}

static void *search(void *arg)
{
    struct part *part = arg;

    if (part->first < 1) {
        weir_thread_fail(EINVAL, "numbers begin with 1");
        return NULL;
    }
    for (int i = part->first; i <= part->last; i++) {
        int steps = steps_from((uint64_t)i);

        if (steps > part->steps) {
            part->best = i;
            part->steps = steps;
        }
    }
    return part;
}

static int begin(weir_thread_t *thread, struct part *part)
{
    weir_thread_attr_t attr = {.name = part->name, .stack_size = 256 * 1024};

    return weir_thread_init(thread, &attr, search, part) != 0 ||
           weir_thread_start(thread) != 0;
}

int main(void)
{
    struct part parts[WORKERS + 1] = {{.first = 0, .last = 0}};
    weir_thread_t threads[WORKERS + 1];
    const struct part *best = NULL;

    weir_set_failhook(note);
    snprintf(parts[0].name, sizeof(parts[0].name), "nonsense");
    for (int i = 1; i <= WORKERS; i++) {
        snprintf(parts[i].name, sizeof(parts[i].name), "searcher-%d", i);
        parts[i].first = LIMIT / WORKERS * (i - 1) + 1;
        parts[i].last = LIMIT / WORKERS * i;
    }
    for (int i = 0; i <= WORKERS; i++)
        if (begin(&threads[i], &parts[i]) != 0)
            return 1;
    for (int i = 0; i <= WORKERS; i++) {
        void *result;

        if (weir_thread_join(&threads[i], WEIR_FOREVER, &result) != 0)
            return 1;
        if (result == NULL)
            printf("%s gave nothing back\n", weir_thread_name(&threads[i]));
        else if (best == NULL || ((struct part *)result)->steps > best->steps)
            best = result;
    }
    printf("%s found %d, with %d steps\n", best->name, best->best, best->steps);
    return best->best == 156159 && best->steps == 382 && failures == 1 &&
                   strcmp(failed, "nonsense") == 0
               ? 0
               : 1;
}
