/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Tokens: four threads look for the same thing, and the first to find it calls
 * off the others, whether they compute or sleep.  Then the same with a time
 * limit, for something that is not there.
 */
#include <stdio.h>
#include <weir/queue.h>
#include <weir/thread.h>
#include <weir/token.h>

enum { SEEKERS = 4 };

struct search {
    weir_token_t *enough; /* cancelled: nobody wants to know any more */
    weir_queue_t *found;
    uint64_t first, step, wanted;
};

/* Easy to compute, hard to go back from. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static void *seek(void *arg)
{
    struct search *s = arg;

    for (uint64_t n = s->first; !weir_token_is_cancelled(s->enough);
         n += s->step)
        if (mix(n) % 1000003 == s->wanted) {
            weir_queue_tryput(s->found, &n); /* the first; others are late */
            break;
        }
    return NULL;
}

/* How many of them run. */
static unsigned start(weir_thread_t *threads, struct search *searches)
{
    unsigned n = 0;

    while (n < SEEKERS &&
           weir_thread_init(&threads[n], NULL, seek, &searches[n]) == 0 &&
           weir_thread_start(&threads[n]) == 0)
        n++;
    return n;
}

/* 0 and a number whose mix is wanted, or ECANCELED. */
static int search(uint64_t wanted, weir_deadline_t deadline, uint64_t *answer)
{
    struct search searches[SEEKERS];
    weir_thread_t threads[SEEKERS];
    weir_queue_t *found;
    weir_token_t enough;
    unsigned started;
    int error;

    if (weir_token_init(&enough, NULL, deadline, 0) != 0 ||
        weir_queue_create(&found, 1, sizeof(*answer), 0) != 0)
        return ENOMEM;
    for (unsigned i = 0; i < SEEKERS; i++)
        searches[i] = (struct search){&enough, found, i, SEEKERS, wanted};
    started = start(threads, searches);
    if (started < SEEKERS) /* each looks at its part of the numbers only */
        weir_token_cancel(&enough);
    /* Sleeps until there is an answer or the token's deadline has passed. */
    error = weir_queue_get_with(found, answer, WEIR_FOREVER, &enough);
    weir_token_cancel(&enough);
    while (started > 0)
        weir_thread_join(&threads[--started], WEIR_FOREVER, NULL);
    weir_queue_destroy(found);
    return error;
}

int main(void)
{
    weir_deadline_t deadline = weir_after(20000000);
    uint64_t answer = 0, nothing;
    int first = search(4711, WEIR_FOREVER, &answer);
    int second = search(1000003, deadline, &nothing); /* no remainder is that */

    printf("%s: %llu; then, after 20 ms: %s\n", weir_strerror(first),
           (unsigned long long)answer, weir_strerror(second));
    return first == 0 && mix(answer) % 1000003 == 4711 && second == ECANCELED &&
                   weir_now() >= deadline
               ? 0
               : 1;
}
