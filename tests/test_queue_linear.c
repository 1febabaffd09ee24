/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Is the queue a linearizable FIFO under stress?  Producers and consumers use
 * every call there is, for thousands of calls each, note when each began and
 * ended, and the judge of tests/linear/ looks at all of it.  Capacities 1 to
 * 4 (test_queue_history.c searches short histories of those), 1024, and one
 * between powers of two.  (hazards B33, B34, B35, B38)
 *
 * Each element of a batch is an operation of its own, as queue.h has it.
 * EAGAIN, and ETIMEDOUT with WEIR_NOW, claim that the queue was full or empty
 * at some moment; ETIMEDOUT with a time may also be the header's exception,
 * another thread in the middle of its call.
 */
#include <weir/queue.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linear/record.h"
#include "test_queue_kit.h"

#define LANES_MAX 9u
#define BATCH_MAX 6u
#define ELEM_MAX 1536u
#define CALLS 3000u /* of each thread, in the plain build */

/* Who holds back, so that a large queue, too, is now full and now empty. */
enum mood { ALL, PRODUCERS_REST, CONSUMERS_REST, MOODS };
#define MOOD_NS 400000u

struct stress {
    weir_queue_t *q;     /* as producers know it */
    weir_queue_t *there; /* as consumers do: another address, if shared */
    support_twin_t twin; /* of a shared queue; else here is NULL */
    size_t elem_size;
    unsigned producers, consumers;
    size_t calls;
    uint64_t began;
    bool restless;      /* threads lose time between calls */
    bool early;         /* the first producer closes, in the midst of things */
    unsigned producing; /* producers that have not finished */
    struct linear_lane lanes[LANES_MAX]; /* the last: before and after */
};

/* --- calls --- */

/* As the judge wants it: EAGAIN is a claim without exception. */
static int claimed(int result, weir_deadline_t deadline)
{
    return result == ETIMEDOUT && deadline <= WEIR_NOW ? EAGAIN : result;
}

static weir_deadline_t some_deadline(support_random_t *random)
{
    switch (support_below(random, 4)) {
    case 0: return WEIR_NOW;
    case 1: return weir_after(0);
    default: return weir_after(support_below(random, 30000));
    }
}

static void put_some(struct stress *s, struct linear_lane *lane,
                     support_random_t *random, uint64_t *value)
{
    unsigned char e[BATCH_MAX * ELEM_MAX];
    uint64_t values[BATCH_MAX];
    uint32_t how = support_below(random, 8);
    size_t n = how < 3 ? 1 + support_below(random, BATCH_MAX) : 1;
    size_t done = 0;
    weir_deadline_t deadline = WEIR_NOW;
    int result;

    for (size_t i = 0; i < n; i++) {
        values[i] = ++*value;
        kit_fill(e + i * s->elem_size, s->elem_size, values[i]);
    }
    if (how < 5)
        deadline = how == 0 ? WEIR_FOREVER : some_deadline(random);
    linear_call(lane);
    switch (how) {
    case 0:
    case 1:
    case 2: result = weir_queue_put_many(s->q, e, n, deadline, &done); break;
    case 3:
    case 4: result = weir_queue_put_until(s->q, e, deadline); break;
    case 5: result = weir_queue_put(s->q, e); break;
    default: result = weir_queue_tryput(s->q, e); break;
    }
    linear_returned(lane, LINEAR_PUT, values, n, how < 3 ? done : result == 0,
                    claimed(result, deadline));
}

static int get_some(struct stress *s, struct linear_lane *lane,
                    support_random_t *random)
{
    unsigned char e[BATCH_MAX * ELEM_MAX];
    uint64_t values[BATCH_MAX] = {0};
    uint32_t how = support_below(random, 8);
    size_t n = how < 3 ? 1 + support_below(random, BATCH_MAX) : 1;
    size_t done = 0, first = lane->count;
    weir_deadline_t deadline = WEIR_NOW;
    int result;

    if (how < 5)
        deadline = how == 0 ? WEIR_FOREVER : some_deadline(random);
    linear_call(lane);
    switch (how) {
    case 0:
    case 1:
    case 2:
        result = weir_queue_get_many(s->there, e, n, deadline, &done);
        break;
    case 3:
    case 4: result = weir_queue_get_until(s->there, e, deadline); break;
    case 5: result = weir_queue_get(s->there, e); break;
    default: result = weir_queue_tryget(s->there, e); break;
    }
    done = how < 3 ? done : result == 0;
    linear_returned(lane, LINEAR_GET, values, n, done,
                    claimed(result, deadline));
    for (size_t i = 0; i < done; i++)
        lane->ops[first + i].value =
            kit_token(e + i * s->elem_size, s->elem_size);
    return result;
}

static void close_it(struct stress *s, struct linear_lane *lane)
{
    uint64_t nothing = 0;

    linear_call(lane);
    must_eq(weir_queue_close(s->q), 0);
    linear_returned(lane, LINEAR_CLOSE, &nothing, 1, 1, 0);
}

/* --- threads --- */

static enum mood mood_of(const struct stress *s)
{
    return (enum mood)((linear_clock() - s->began) / MOOD_NS % MOODS);
}

/* Rest through one mood, unless the others would wait for it in vain. */
static void rest(const struct stress *s, enum mood mood)
{
    while (mood_of(s) == mood &&
           __atomic_load_n(&s->producing, __ATOMIC_RELAXED) == s->producers)
        support_sleep_ns(20000);
}

static size_t calls_of(const struct stress *s, unsigned index)
{
    return s->early && index == 0 ? s->calls / 2 : s->calls;
}

static void produce(struct stress *s, unsigned index)
{
    struct linear_lane *lane = &s->lanes[index];
    support_random_t random = support_random(index);
    uint64_t value = (uint64_t)(index + 1) << 32;

    for (size_t i = 0; i < calls_of(s, index) && !weir_queue_closed(s->q);
         i++) {
        if (i % 64 == 0)
            support_progress();
        rest(s, PRODUCERS_REST);
        put_some(s, lane, &random, &value);
        if (s->restless)
            support_jitter(&random);
    }
    if (__atomic_sub_fetch(&s->producing, 1, __ATOMIC_RELAXED) == 0 ||
        (s->early && index == 0))
        close_it(s, lane);
    /* Refused, whoever closed it. */
    if (weir_queue_closed(s->q))
        put_some(s, lane, &random, &value);
}

/* Consumers go on until there is nothing more: so lost values show. */
static void consume(struct stress *s, unsigned index)
{
    struct linear_lane *lane = &s->lanes[index];
    support_random_t random = support_random(index);
    int result = 0;

    while (result != ESHUTDOWN) {
        rest(s, CONSUMERS_REST);
        result = get_some(s, lane, &random);
        if (s->restless)
            support_jitter(&random);
    }
}

static void body(unsigned index, void *arg)
{
    struct stress *s = arg;

    if (index < s->producers)
        produce(s, index);
    else
        consume(s, index);
}

/* --- a history --- */

/* Alone: full, then empty, and both claims with certainty. */
static void fill_and_empty(struct stress *s, struct linear_lane *lane)
{
    unsigned char e[ELEM_MAX];
    uint64_t value = 0;
    int result;

    do {
        kit_fill(e, s->elem_size, ++value);
        linear_call(lane);
        result = weir_queue_tryput(s->q, e);
        linear_returned(lane, LINEAR_PUT, &value, 1, result == 0, result);
    } while (result == 0);
    must_eq(value, weir_queue_capacity(s->q) + 1);
    do {
        linear_call(lane);
        result = weir_queue_tryget(s->q, e);
        value = result == 0 ? kit_token(e, s->elem_size) : 0;
        linear_returned(lane, LINEAR_GET, &value, 1, result == 0, result);
    } while (result == 0);
}

/* Half of them in shared memory, at two addresses. */
static void make_queue(struct stress *s, size_t capacity, bool shared)
{
    size_t size = weir_queue_memsize(capacity, s->elem_size);

    if (!shared) {
        s->q = s->there = kit_create(capacity, s->elem_size);
        return;
    }
    s->twin = support_twin(size);
    s->q = s->twin.here;
    s->there = s->twin.there;
    must_eq(weir_queue_init(s->q, size, capacity, s->elem_size, WEIR_SHARED),
            0);
    must_eq(weir_queue_attach(s->there, size), 0);
    support_watch("queue", s->q, offsetof(weir_queue_t, cells));
}

static void set_up(struct stress *s, size_t capacity, unsigned seed)
{
    support_random_t random = support_random(1000 + seed);
    /* Of the inline path; not of it; and long to copy, which is when others
     * meet a place that is claimed but not published. */
    static const size_t sizes[] = {8, 24, ELEM_MAX};
    size_t room;

    memset(s, 0, sizeof(*s));
    s->elem_size = sizes[support_below(&random, 3)];
    s->producers = 1 + support_below(&random, 4);
    s->consumers = 1 + support_below(&random, 4);
    s->calls = support_scaled(CALLS);
    s->producing = s->producers;
    s->restless = support_below(&random, 2);
    s->early = support_below(&random, 2);
    make_queue(s, capacity, support_below(&random, 2));
    if (support_below(&random, 2))
        kit_preset(s->q, (uint64_t)-400 * WEIR_POSITION_);
    /* Consumers may say "empty" more often than producers put. */
    room = s->calls * BATCH_MAX * s->producers * 8 + 4 * capacity + 1024;
    for (unsigned i = 0; i < LANES_MAX; i++)
        s->lanes[i] = linear_lane(room);
    s->began = linear_clock();
}

static void tear_down(struct stress *s)
{
    for (unsigned i = 0; i < LANES_MAX; i++)
        free(s->lanes[i].ops);
    if (s->twin.here == NULL) {
        kit_destroy(s->q);
        return;
    }
    support_forget(s->q);
    support_twin_free(&s->twin);
}

static struct linear_history record(struct stress *s, size_t capacity,
                                    unsigned seed)
{
    struct linear_history h;

    set_up(s, capacity, seed);
    support_note("capacity %lu, history %lu", capacity, seed);
    fill_and_empty(s, &s->lanes[LANES_MAX - 1]);
    support_threads(s->producers + s->consumers, body, s);
    h = linear_join(s->lanes, LANES_MAX, capacity);
    tear_down(s);
    return h;
}

/* In every other history signals interrupt each thread every 100 us, also
 * between its claim and its publication.  (hazard B50) */
static struct linear_history record_in(struct stress *s, size_t capacity,
                                       unsigned n)
{
    struct linear_history h;

    if (n % 2)
        support_storm_begin();
    h = record(s, capacity, n);
    support_storm_end();
    return h;
}

static void must_have_order(const struct linear_history *h, const char *what,
                            bool wanted)
{
    struct linear_verdict verdict = linear_judge(h);

    support_progress();
    if (verdict.good == wanted)
        return;
    fprintf(stderr, "capacity %zu, %zu operations, %s: %s\n", h->capacity,
            h->count, what, verdict.good ? "accepted" : verdict.why);
    must(false);
}

/* --- the judge can still say no to histories of this length --- */

/* The n-th (modulo how many there are) operation of a kind that succeeded. */
static size_t pick(const struct linear_history *h, enum linear_kind kind,
                   uint32_t n)
{
    size_t found = 0;

    for (size_t i = 0; i < h->count; i++)
        found += h->ops[i].kind == kind && h->ops[i].result == 0;
    must(found > 0);
    n %= (uint32_t)found;
    for (size_t i = 0;; i++)
        if (h->ops[i].kind == kind && h->ops[i].result == 0 && n-- == 0)
            return i;
}

static void must_notice(const struct linear_history *h,
                        support_random_t *random)
{
    struct linear_op *ops = (struct linear_op *)(uintptr_t)h->ops;
    size_t get = pick(h, LINEAR_GET, support_below(random, 1u << 30));
    size_t put = pick(h, LINEAR_PUT, support_below(random, 1u << 30));
    struct linear_op was = ops[get], put_was = ops[put];

    ops[get].value = 1; /* of fill_and_empty, got then */
    must_have_order(h, "a value got twice", was.value == 1);
    ops[get].value = (uint64_t)99 << 32;
    must_have_order(h, "a value from nowhere", false);
    ops[get] = was;
    ops[get].result = ETIMEDOUT;
    must_have_order(h, "a value lost", false);
    ops[get] = was;
    ops[put].result = ESHUTDOWN;
    must_have_order(h, "a put refused whose value is got", false);
    ops[put] = put_was;
    ops[put].begin = ops[put].end = h->ops[h->count - 1].end * 2;
    must_have_order(h, "a put after close", false);
    ops[put] = put_was;
    must_have_order(h, "as it was", true);
}

static const size_t capacities[] = {1, 2, 3, 4, 1000, 1024};
#define CAPACITIES (sizeof(capacities) / sizeof(capacities[0]))
#define HISTORIES 12u

START_TEST(long_histories_have_an_order)
{
    static struct stress stress;
    size_t capacity = capacities[_i], operations = 0;
    struct linear_verdict sum = {.good = true};
    support_random_t random = support_random(2000);
    weir_deadline_t end = weir_after(1200000000); /* fewer where it is slow */
    unsigned n = 0;

    do {
        struct linear_history h = record_in(&stress, capacity, n);
        struct linear_verdict verdict = linear_judge(&h);

        must_have_order(&h, "as recorded", true);
        sum.empty += verdict.empty;
        sum.full += verdict.full;
        sum.timeouts += verdict.timeouts;
        operations += h.count;
        if (n == 0)
            must_notice(&h, &random);
        free((void *)(uintptr_t)h.ops);
    } while (++n < HISTORIES && weir_now() < end);
    fprintf(stderr,
            "capacity %zu: %u histories, %zu operations, full %zu, empty %zu, "
            "timeouts %zu\n",
            capacity, n, operations, sum.full, sum.empty, sum.timeouts);
    must(sum.full >= n && sum.empty >= n);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue_linear");
    TCase *tcase = support_tcase(suite, "contended");

    tcase_add_loop_test(tcase, long_histories_have_an_order, 0, CAPACITIES);
    return support_main(suite);
}
