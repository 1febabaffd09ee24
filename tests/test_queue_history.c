/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Is the queue a linearizable FIFO?  Threads run a few random calls on a
 * queue of capacity 1 to 4 and note when each began and ended; the judge
 * (test_queue_judge.h) then looks for an order of them.  An EAGAIN from a
 * queue that was never empty, an element out of order or a put that succeeds
 * after close has none.
 *
 * Time is a counter that every call raises before and after: if one call's
 * end is less than another's begin, then it happened before it.
 */
#include <weir/queue.h>

#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "support/support.h"
#include "test_queue_judge.h"
#include "test_queue_kit.h"

/* --- the judge judged: histories written by hand --- */

#define OK(kind, value, begin, end)                                            \
    {                                                                          \
        kind, 0, value, begin, end, -1                                         \
    }
#define NO(kind, result, begin, end)                                           \
    {                                                                          \
        kind, result, 30, begin, end, -1                                       \
    }

struct example {
    const char *name;
    bool good;
    struct history history;
};

static const struct example examples[] = {
    {"one after another",
     true,
     {{OK(PUT, 1, 1, 2), OK(PUT, 2, 3, 4), OK(GET, 1, 5, 6), OK(GET, 2, 7, 8),
       NO(GET, EAGAIN, 9, 10)},
      5,
      2}},
    {"puts at once, either order",
     true,
     {{OK(PUT, 1, 1, 4), OK(PUT, 2, 2, 3), OK(GET, 2, 5, 6), OK(GET, 1, 7, 8)},
      4,
      2}},
    {"a get that overlaps the put",
     true,
     {{OK(GET, 1, 1, 4), OK(PUT, 1, 2, 3)}, 2, 1}},
    {"empty before an overlapping put",
     true,
     {{NO(GET, EAGAIN, 1, 4), OK(PUT, 1, 2, 3)}, 2, 1}},
    {"full before an overlapping get",
     true,
     {{OK(PUT, 1, 1, 2), NO(PUT, EAGAIN, 3, 6), OK(GET, 1, 4, 5)}, 3, 1}},
    {"close at once with a put",
     true,
     {{OK(PUT, 1, 1, 4), NO(CLOSE, 0, 2, 3), OK(GET, 1, 5, 6),
       NO(GET, ESHUTDOWN, 7, 8)},
      4,
      1}},
    {"closed and full: closed",
     true,
     {{OK(PUT, 1, 1, 2), NO(CLOSE, 0, 3, 4), NO(PUT, ESHUTDOWN, 5, 6)}, 3, 1}},
    {"a batch in order",
     true,
     {{OK(PUT, 1, 1, 4), {PUT, 0, 2, 1, 4, 0}, OK(GET, 1, 5, 6)}, 3, 2}},

    {"order turned round",
     false,
     {{OK(PUT, 1, 1, 2), OK(PUT, 2, 3, 4), OK(GET, 2, 5, 6), OK(GET, 1, 7, 8)},
      4,
      2}},
    {"order turned round between consumers",
     false,
     {{OK(PUT, 1, 1, 2), OK(PUT, 2, 3, 4), OK(GET, 1, 7, 9), OK(GET, 2, 5, 6)},
      4,
      2}},
    {"empty, with an element there throughout",
     false,
     {{OK(PUT, 1, 1, 2), OK(PUT, 2, 3, 6), OK(GET, 1, 7, 8),
       NO(GET, EAGAIN, 4, 5)},
      4,
      2}},
    {"full, with a free place throughout",
     false,
     {{OK(PUT, 1, 1, 2), NO(PUT, EAGAIN, 3, 4)}, 2, 2}},
    {"got before it was put",
     false,
     {{OK(GET, 1, 1, 2), OK(PUT, 1, 3, 4)}, 2, 1}},
    {"got twice",
     false,
     {{OK(PUT, 1, 1, 2), OK(GET, 1, 3, 6), OK(GET, 1, 4, 5)}, 3, 2}},
    {"lost",
     false,
     {{OK(PUT, 1, 1, 2), OK(PUT, 2, 3, 4), OK(GET, 2, 5, 6)}, 3, 2}},
    {"more than the capacity",
     false,
     {{OK(PUT, 1, 1, 2), OK(PUT, 2, 3, 4), OK(GET, 1, 5, 6)}, 3, 1}},
    {"put after close", false, {{NO(CLOSE, 0, 1, 2), OK(PUT, 1, 3, 4)}, 2, 2}},
    {"refused before close",
     false,
     {{NO(PUT, ESHUTDOWN, 1, 2), NO(CLOSE, 0, 3, 4)}, 2, 2}},
    {"shut down before it was drained",
     false,
     {{OK(PUT, 1, 1, 2), NO(CLOSE, 0, 3, 4), NO(GET, ESHUTDOWN, 5, 6),
       OK(GET, 1, 7, 8)},
      4,
      2}},
    {"empty instead of shut down",
     false,
     {{NO(CLOSE, 0, 1, 2), NO(GET, EAGAIN, 3, 4)}, 2, 2}},
    {"a batch out of order",
     false,
     {{OK(PUT, 1, 1, 4), {PUT, 0, 2, 1, 4, 0}, OK(GET, 2, 5, 6)}, 3, 2}},
};

START_TEST(examples_are_judged_rightly)
{
    const struct example *x = &examples[_i];

    if (linearizable(&x->history) != x->good) {
        fprintf(stderr, "wrong about: %s\n", x->name);
        must(false);
    }
}
END_TEST

/* --- recording --- */

#define THREADS_MAX 4u

struct recording {
    weir_queue_t *q;
    unsigned threads, per_thread;
    bool may_close;
    unsigned round;
    uint32_t clock; /* raised by each call, before and after */
    uint32_t value; /* the last one put */
    struct history lanes[THREADS_MAX];
};

static uint32_t tick(uint32_t *counter)
{
    return __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

/* With WEIR_NOW, a timeout says what EAGAIN says: there was a moment without.
 * With a time it may also have passed while another thread was in the middle
 * of its call. */
static int untimed(int result, weir_deadline_t deadline)
{
    return result == ETIMEDOUT && deadline == WEIR_NOW ? EAGAIN : result;
}

static weir_deadline_t some_deadline(support_random_t *random)
{
    return support_below(random, 4) ? WEIR_NOW
                                    : weir_after(support_below(random, 20000));
}

static void begin(struct recording *r, struct history *lane, unsigned n,
                  enum kind kind)
{
    uint32_t now;

    for (unsigned i = 0; i < n; i++) {
        struct call *c = &lane->calls[lane->count + i];

        c->kind = kind;
        c->value = kind == PUT ? tick(&r->value) : 0;
        c->after = i == 0 ? -1 : (int)(lane->count + i - 1);
    }
    now = tick(&r->clock);
    for (unsigned i = 0; i < n; i++)
        lane->calls[lane->count + i].begin = now;
}

/* Of n elements `done` were moved, and the next one was refused; the rest,
 * then, is not in the history. */
static void end(struct recording *r, struct history *lane, unsigned n,
                size_t done, int result)
{
    uint32_t now = tick(&r->clock);

    for (unsigned i = 0; i < n && i <= done; i++) {
        struct call *c = &lane->calls[lane->count++];

        c->end = now;
        c->result = i < done ? 0 : result;
    }
}

/* Elements of a batch, as the queue wants them: side by side. */
#define SIZE_MAX_USED 16u

static void record_put(struct recording *r, struct history *lane,
                       support_random_t *random)
{
    unsigned n = support_below(random, 5) == 0 ? 2 : 1;
    const struct call *c = &lane->calls[lane->count];
    size_t size = weir_queue_elem_size(r->q);
    unsigned char e[2 * SIZE_MAX_USED];
    size_t done = 0;
    weir_deadline_t deadline;
    int result;

    begin(r, lane, n, PUT);
    deadline = some_deadline(random);
    for (unsigned i = 0; i < n; i++)
        kit_fill(e + i * size, size, c[i].value);
    if (n == 2)
        result = weir_queue_put_many(r->q, e, n, deadline, &done);
    else if (support_below(random, 3))
        result = weir_queue_tryput(r->q, e);
    else
        result = weir_queue_put_until(r->q, e, deadline);
    end(r, lane, n, n == 2 ? done : result == 0, untimed(result, deadline));
}

static void record_get(struct recording *r, struct history *lane,
                       support_random_t *random)
{
    unsigned n = support_below(random, 5) == 0 ? 2 : 1;
    struct call *c = &lane->calls[lane->count];
    size_t size = weir_queue_elem_size(r->q);
    unsigned char e[2 * SIZE_MAX_USED];
    size_t done = 0;
    weir_deadline_t deadline;
    int result;

    begin(r, lane, n, GET);
    deadline = some_deadline(random);
    if (n == 2)
        result = weir_queue_get_many(r->q, e, n, deadline, &done);
    else if (support_below(random, 3))
        result = weir_queue_tryget(r->q, e);
    else
        result = weir_queue_get_until(r->q, e, deadline);
    done = n == 2 ? done : result == 0;
    end(r, lane, n, done, untimed(result, deadline));
    for (unsigned i = 0; i < done; i++)
        c[i].value = (unsigned)kit_token(e + i * size, size);
}

static void record_close(struct recording *r, struct history *lane)
{
    int result;

    begin(r, lane, 1, CLOSE);
    result = weir_queue_close(r->q);
    end(r, lane, 1, 0, result);
}

static void record(unsigned index, struct recording *r,
                   support_random_t *random)
{
    struct history *lane = &r->lanes[index];

    for (unsigned i = 0; i < r->per_thread; i++) {
        uint32_t what = support_below(random, 16);

        if (what == 0 && r->may_close)
            record_close(r, lane);
        else if (what % 2)
            record_put(r, lane, random);
        else
            record_get(r, lane, random);
        if (support_below(random, 16) == 0)
            support_jitter(random);
    }
}

/* --- rounds: all threads at once, then the judgement --- */

struct rounds {
    struct recording recording;
    unsigned count;
    weir_deadline_t end; /* fewer rounds where the CPUs are busy elsewhere */
    bool over;
    unsigned arrived; /* at the gate, over all rounds */
    pthread_barrier_t before, after;
};

static struct history join_lanes(const struct recording *r)
{
    struct history all = {.capacity = (unsigned)weir_queue_capacity(r->q)};

    for (unsigned t = 0; t < r->threads; t++) {
        unsigned first = all.count;

        for (unsigned i = 0; i < r->lanes[t].count; i++) {
            all.calls[all.count] = r->lanes[t].calls[i];
            if (all.calls[all.count].after >= 0)
                all.calls[all.count].after += (int)first;
            all.count++;
        }
    }
    return all;
}

static void print(const struct history *h)
{
    static const char *const names[] = {"put", "get", "close"};

    fprintf(stderr, "no order for this, capacity %u:\n", h->capacity);
    for (unsigned i = 0; i < h->count; i++)
        fprintf(stderr, "  %2u: [%3u %3u] %-5s %2u = %d, after %d\n", i,
                h->calls[i].begin, h->calls[i].end, names[h->calls[i].kind],
                h->calls[i].value, h->calls[i].result, h->calls[i].after);
}

/* What is left is taken, so that lost elements show. */
static void finish(struct recording *r)
{
    struct history *lane = &r->lanes[0];
    size_t size = weir_queue_elem_size(r->q);
    unsigned char e[SIZE_MAX_USED];
    int result;

    do {
        begin(r, lane, 1, GET);
        result = weir_queue_tryget(r->q, e);
        end(r, lane, 1, result == 0, result);
        if (result == 0)
            lane->calls[lane->count - 1].value = (unsigned)kit_token(e, size);
    } while (result == 0);
}

static void judge(struct recording *r)
{
    struct history h;

    finish(r);
    h = join_lanes(r);
    if (!linearizable(&h)) {
        print(&h);
        must(false);
    }
}

/* Few calls on nearly empty or nearly full queues, of both paths. */
static void set_up(struct recording *r, support_random_t *random)
{
    size_t capacity = 1 + support_below(random, CAPACITY_MAX);

    r->q = kit_create(capacity, support_below(random, 2) ? 8 : SIZE_MAX_USED);
    r->per_thread = r->threads == 2 ? 4 : 3;
    r->may_close = support_below(random, 2);
    r->clock = r->value = 0;
    memset(r->lanes, 0, sizeof(r->lanes));
}

/* Spinning, so that the calls do fall together. */
static void meet(struct rounds *rounds, unsigned round)
{
    unsigned all = rounds->recording.threads * (round + 1);

    __atomic_add_fetch(&rounds->arrived, 1, __ATOMIC_ACQ_REL);
    for (unsigned i = 1;
         __atomic_load_n(&rounds->arrived, __ATOMIC_ACQUIRE) < all; i++)
        if (i % 256 == 0)
            sched_yield();
}

static void rounds_body(unsigned index, void *arg)
{
    struct rounds *rounds = arg;
    struct recording *r = &rounds->recording;
    support_random_t random = support_random(r->threads * 8 + index);
    bool last = false;

    for (unsigned round = 0; round < rounds->count && !last; round++) {
        if (index == 0) {
            set_up(r, &random);
            support_progress();
            rounds->over = weir_now() > rounds->end;
        }
        pthread_barrier_wait(&rounds->before);
        last = rounds->over;
        meet(rounds, round);
        record(index, r, &random);
        pthread_barrier_wait(&rounds->after);
        if (index == 0) {
            judge(r);
            kit_destroy(r->q);
        }
    }
}

START_TEST(random_histories_have_an_order) /* hazards B33, B34, B38 */
{
    static struct rounds rounds;

    rounds.recording.threads = (unsigned)_i;
    rounds.count = support_scaled(30000u);
    rounds.end = weir_after(6000000000);
    rounds.arrived = 0;
    must_eq(pthread_barrier_init(&rounds.before, NULL, (unsigned)_i), 0);
    must_eq(pthread_barrier_init(&rounds.after, NULL, (unsigned)_i), 0);
    support_threads((unsigned)_i, rounds_body, &rounds);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue_history");
    TCase *tcase = support_tcase(suite, "selftest");

    tcase_add_loop_test(tcase, examples_are_judged_rightly, 0,
                        sizeof(examples) / sizeof(examples[0]));

    tcase = support_tcase(suite, "contended");
    tcase_add_loop_test(tcase, random_histories_have_an_order, 2,
                        THREADS_MAX + 1);
    return support_main(suite);
}
