/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Sequence lock: nothing torn is taken for whole; writers exclude each other;
 * who meets a writer that stays sleeps; copying at every alignment; between
 * processes, also such as are killed.
 */
#include <weir/seqlock.h>

#include <sched.h>
#include <signal.h>
#include <string.h>

#include "base/atomic.h"
#include "support/support.h"

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2

#define FIELDS 5u

struct data {
    uint64_t field[FIELDS];
};

static weir_seqlock_t lock;
static struct data shared;

static void fresh(int scope)
{
    memset(&shared, 0, sizeof(shared));
    must_eq(weir_seqlock_init(&lock, scopes[scope]), 0);
    support_watch("seqlock", &lock, sizeof(lock));
}

static struct data all_of(uint64_t value)
{
    struct data data;

    for (unsigned i = 0; i < FIELDS; i++)
        data.field[i] = value + i;
    return data;
}

static void must_be_whole(const struct data *data)
{
    for (unsigned i = 1; i < FIELDS; i++)
        must_eq(data->field[i], data->field[0] + i);
}

/* --- api --- */

START_TEST(write_and_read)
{
    struct data mine = all_of(7), got;
    uint64_t begun = 99;

    fresh(_i);
    must_eq(weir_seqlock_read_begin(&lock), 0);
    must(!weir_seqlock_read_retry(&lock, 0));
    must_eq(
        keeps_errno(weir_seqlock_write(&lock, &shared, &mine, sizeof(mine))),
        0);
    must(weir_seqlock_read_retry(&lock, 0));
    must_eq(keeps_errno(weir_seqlock_read(&lock, &got, &shared, sizeof(got))),
            0);
    must(memcmp(&got, &mine, sizeof(got)) == 0);
    must_eq(weir_seqlock_read_begin_until(&lock, WEIR_NOW, &begun), 0);
    must_eq(begun, 2);
    must_eq(keeps_errno(weir_seqlock_trywrite_begin(&lock)), 0);
    must(weir_seqlock_read_retry(&lock, begun));
    must_eq(keeps_errno(weir_seqlock_trywrite_begin(&lock)), EBUSY);
    must_eq(keeps_errno(weir_seqlock_write_begin_until(&lock, WEIR_NOW)),
            ETIMEDOUT);
    must_eq(weir_seqlock_read_begin_until(&lock, WEIR_NOW, &begun), ETIMEDOUT);
    must_eq(begun, 2);
    must_eq(keeps_errno(weir_seqlock_write_end(&lock)), 0);
    must_eq(weir_seqlock_read_begin(&lock), 4);
}
END_TEST

/* What is there is had at once, at a past time and with a cancelled token too;
 * what is not leaves both sides alone. */
START_TEST(write_and_read_at_once)
{
    const struct data mine = all_of(7), other = all_of(20), blank = all_of(1);
    struct data got = blank;
    weir_token_t token;
    size_t size = sizeof(got);

    fresh(_i);
    must_eq(weir_token_init(&token, NULL, WEIR_FOREVER, scopes[_i]), 0);
    must_eq(weir_token_cancel(&token), 0);
    must_eq(keeps_errno(weir_seqlock_write_until(&lock, &shared, &other, size,
                                                 WEIR_NOW)),
            0);
    must_eq(keeps_errno(
                weir_seqlock_read_until(&lock, &got, &shared, size, WEIR_NOW)),
            0);
    must(memcmp(&got, &other, size) == 0);
    must_eq(keeps_errno(weir_seqlock_write_with(&lock, &shared, &mine, size,
                                                WEIR_FOREVER, &token)),
            0);
    must_eq(keeps_errno(weir_seqlock_read_with(&lock, &got, &shared, size,
                                               WEIR_FOREVER, &token)),
            0);
    must(memcmp(&got, &mine, size) == 0);
    must_eq(weir_load_rlx_(&lock.sequence), 4);
    must_eq(weir_seqlock_write_begin(&lock), 0);
    got = blank;
    must_eq(keeps_errno(weir_seqlock_write_until(&lock, &shared, &other, size,
                                                 WEIR_NOW)),
            ETIMEDOUT);
    must_eq(keeps_errno(
                weir_seqlock_read_until(&lock, &got, &shared, size, WEIR_NOW)),
            ETIMEDOUT);
    must_eq(
        weir_seqlock_write_with(&lock, &shared, &other, size, WEIR_NOW, NULL),
        ETIMEDOUT);
    must_eq(weir_seqlock_read_with(&lock, &got, &shared, size, INT64_MIN, NULL),
            ETIMEDOUT);
    must_eq(keeps_errno(weir_seqlock_write_with(&lock, &shared, &other, size,
                                                WEIR_FOREVER, &token)),
            ECANCELED);
    must_eq(keeps_errno(weir_seqlock_read_with(&lock, &got, &shared, size,
                                               WEIR_FOREVER, &token)),
            ECANCELED);
    must(memcmp(&got, &blank, size) == 0);
    must_eq(weir_load_rlx_(&lock.sequence), 5);
    must_eq(weir_load_rlx_(&lock.lock), 1);
    must_eq(weir_seqlock_write_end(&lock), 0);
    must_eq(weir_seqlock_read(&lock, &got, &shared, size), 0);
    must(memcmp(&got, &mine, size) == 0);
}
END_TEST

START_TEST(zero_is_valid)
{
    static weir_seqlock_t zero;
    weir_seqlock_t initialised = WEIR_SEQLOCK_INIT;

    must(memcmp(&zero, &initialised, sizeof(zero)) == 0);
    must_eq(weir_seqlock_write_begin(&zero), 0);
    must_eq(weir_seqlock_write_end(&zero), 0);
}
END_TEST

START_TEST(misuse)
{
    weir_seqlock_t before;

    memset(&lock, 0xa5, sizeof(lock));
    memcpy(&before, &lock, sizeof(before));
    must_eq(keeps_errno(weir_seqlock_init(&lock, 2)), EINVAL);
    must_eq(keeps_errno(weir_seqlock_init(&lock, ~0u)), EINVAL);
    must(memcmp(&lock, &before, sizeof(before)) == 0);
    fresh(_i);
    memcpy(&before, &lock, sizeof(before));
    must_eq(keeps_errno(weir_seqlock_write_end(&lock)), EPERM);
    must(memcmp(&lock, &before, sizeof(before)) == 0);
}
END_TEST

/* As a binding calls them, by their symbols. */
static void (*volatile const copies[])(void *, const void *, size_t) = {
    weir_seqlock_load, weir_seqlock_store};

/* Each byte of each size at each alignment of both sides, and no other. */
START_TEST(copies_any_size)
{
    enum { ROOM = 48 };
    _Alignas(16) unsigned char from[ROOM], to[ROOM];
    size_t offset = (size_t)_i;

    for (size_t at = 0; at < 8; at++)
        for (size_t size = 0; size <= 24; size++)
            for (int stores = 0; stores < 2; stores++) {
                memset(to, 0xee, sizeof(to));
                for (size_t i = 0; i < ROOM; i++)
                    from[i] = (unsigned char)(i + 1);
                copies[stores](to + at, from + offset, size);
                for (size_t i = 0; i < ROOM; i++)
                    must_eq(to[i], i >= at && i < at + size
                                       ? from[offset + i - at]
                                       : 0xee);
            }
}
END_TEST

/* --- wrap: at 2^32 and at the very end, where it is 0 again --- */

START_TEST(sequence_passes)
{
    static const uint64_t ends[] = {(uint64_t)1 << 32, (uint64_t)1 << 63, 0};
    struct data got;

    fresh(0);
    weir_store_rlx_(&lock.sequence, ends[_i] - 4);
    for (uint64_t i = 0; i < 4; i++) {
        struct data mine = all_of(i * 10);
        uint64_t begun = weir_seqlock_read_begin(&lock);

        must_eq(begun, ends[_i] - 4 + 2 * i);
        must_eq(weir_seqlock_write(&lock, &shared, &mine, sizeof(mine)), 0);
        must(weir_seqlock_read_retry(&lock, begun));
        must_eq(weir_seqlock_read(&lock, &got, &shared, sizeof(got)), 0);
        must(memcmp(&got, &mine, sizeof(got)) == 0);
    }
}
END_TEST

/* --- contended --- */

struct load {
    unsigned writers;
    long writes; /* by each */
    unsigned left;
    long reads;
};

static void write_many(struct load *load, unsigned me)
{
    support_random_t random = support_random(me);

    for (long i = 0; i < load->writes; i++) {
        struct data mine;

        support_note("write %lu", (unsigned long)i, 0);
        /* A writer may read as it likes: it counts on what was there. */
        must_eq(weir_seqlock_write_begin(&lock), 0);
        weir_seqlock_load(&mine, &shared, sizeof(mine));
        must_be_whole(&mine);
        mine = all_of(mine.field[0] + 1);
        weir_seqlock_store(&shared, &mine, sizeof(mine));
        if (i % 64 == 0)
            support_jitter(&random);
        must_eq(weir_seqlock_write_end(&lock), 0);
        if (i % 64 == 0)
            sched_yield();
    }
    __atomic_sub_fetch(&load->left, 1, __ATOMIC_RELAXED);
}

/* Times go on, and everything read is of one write. */
static void read_many(struct load *load, unsigned me)
{
    uint64_t last = 0;
    long reads = 0;
    struct data got;

    while (__atomic_load_n(&load->left, __ATOMIC_RELAXED) != 0) {
        support_progress();
        if ((me + reads) % 3 == 0) {
            must_eq(weir_seqlock_read(&lock, &got, &shared, sizeof(got)), 0);
        } else if ((me + reads) % 3 == 1) {
            int result = weir_seqlock_read_until(
                &lock, &got, &shared, sizeof(got), weir_after(me * 10000));

            must(result == 0 || result == ETIMEDOUT);
            if (result == ETIMEDOUT) {
                reads++;
                continue;
            }
        } else {
            uint64_t begun;

            do {
                begun = weir_seqlock_read_begin(&lock);
                weir_seqlock_load(&got, &shared, sizeof(got));
            } while (weir_seqlock_read_retry(&lock, begun));
        }
        must_be_whole(&got);
        must(got.field[0] >= last);
        last = got.field[0];
        reads++;
    }
    __atomic_add_fetch(&load->reads, reads, __ATOMIC_RELAXED);
}

static void work(unsigned me, void *arg)
{
    struct load *load = arg;

    if (me < load->writers)
        write_many(load, me);
    else
        read_many(load, me);
}

static void work_together(unsigned writers, unsigned readers, long writes)
{
    struct load load = {writers, writes, writers, 0};
    struct data got;

    for (unsigned i = 1; i < FIELDS; i++)
        shared.field[i] = i;
    support_threads(writers + readers, work, &load);
    must_eq(weir_seqlock_read(&lock, &got, &shared, sizeof(got)), 0);
    must_eq(got.field[0], writers * writes);
    must_eq(weir_load_rlx_(&lock.sequence), 2 * writers * writes);
    must_eq(weir_load_rlx_(&lock.lock), 0);
}

static const struct {
    unsigned writers, readers;
} teams[] = {{1, 1}, {1, 3}, {2, 2}, {4, 2}};

/* Hazard B43: nothing leaks out of a write. */
START_TEST(readers_and_writers)
{
    fresh(_i % SCOPES);
    work_together(teams[_i / SCOPES].writers, teams[_i / SCOPES].readers,
                  support_scaled(1000));
}
END_TEST

/* Hazards B50, B17, K9: signals and wake-ups of strangers end no wait. */
START_TEST(in_a_storm_with_strays)
{
    fresh(_i);
    support_storm_begin();
    support_stray_begin(&lock.lock, sizeof(lock.lock));
    work_together(2, 2, support_scaled(600));
    support_stray_end();
    support_storm_end();
}
END_TEST

static void read_one(unsigned me, void *arg)
{
    struct data got;

    (void)me;
    must_eq(weir_seqlock_read(&lock, &got, &shared, sizeof(got)), 0);
    must_eq(got.field[0], *(uint64_t *)arg);
}

static void write_one(unsigned me, void *arg)
{
    (void)arg;
    must_eq(weir_seqlock_write_begin(&lock), 0);
    weir_seqlock_store(&shared.field[me], &(uint64_t){me}, 8);
    must_eq(weir_seqlock_write_end(&lock), 0);
}

#define HOUR_NS 3600000000000

static void read_one_in_time(unsigned me, void *arg)
{
    struct data got;

    (void)me;
    must_eq(weir_seqlock_read_until(&lock, &got, &shared, sizeof(got),
                                    weir_after(HOUR_NS)),
            0);
    must_eq(got.field[0], *(uint64_t *)arg);
}

static void write_one_in_time(unsigned me, void *arg)
{
    (void)arg;
    must_eq(weir_seqlock_write_until(&lock, &shared.field[me], &(uint64_t){me},
                                     8, weir_after(HOUR_NS)),
            0);
}

static const struct {
    support_body_t *body;
    bool writes;
} bodies[] = {{read_one, false},
              {write_one, true},
              {read_one_in_time, false},
              {write_one_in_time, true}};

/* A writer that stays: readers and writers really sleep until it ends. */
START_TEST(who_meets_a_writer_sleeps)
{
    support_body_t *body = bodies[_i / SCOPES].body;
    uint64_t value = 77;
    support_group_t group;

    fresh(_i % SCOPES);
    must_eq(weir_seqlock_write_begin(&lock), 0);
    support_group_start(&group, 3, body, &value);
    for (unsigned i = 0; i < 3; i++) {
        const void *word = support_await_sleep(group.tids[i]);

        must(word == NULL || SUPPORT_TSAN || word == &lock.lock);
    }
    weir_seqlock_store(&shared.field[0], &value, sizeof(value));
    must_eq(weir_seqlock_write_end(&lock), 0);
    support_group_join(&group);
    must_eq(weir_load_rlx_(&lock.lock), 0);
    must_eq(weir_load_rlx_(&lock.sequence), bodies[_i / SCOPES].writes ? 8 : 2);
}
END_TEST

/* --- timed --- */

START_TEST(deadlines_are_not_early)
{
    static const int64_t waits[] = {0, 1, 100000, 3000000};
    uint64_t begun = 5;

    fresh(_i);
    must_eq(weir_seqlock_write_begin(&lock), 0);
    for (unsigned i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        weir_deadline_t deadline = weir_after(waits[i]);

        must_eq(keeps_errno(weir_seqlock_write_begin_until(&lock, deadline)),
                ETIMEDOUT);
        must(weir_now() >= deadline);
        deadline = weir_after(waits[i]);
        must_eq(
            keeps_errno(weir_seqlock_read_begin_until(&lock, deadline, &begun)),
            ETIMEDOUT);
        must(weir_now() >= deadline);
        must_eq(begun, 5);
    }
    must_eq(weir_seqlock_write_begin_until(&lock, INT64_MIN), ETIMEDOUT);
    must_eq(weir_seqlock_write_end(&lock), 0);
    must_eq(weir_seqlock_write_begin_until(&lock, WEIR_NOW), 0);
    must_eq(weir_seqlock_write_end(&lock), 0);
    must_eq(weir_seqlock_write_begin_until(&lock, WEIR_FOREVER), 0);
    must_eq(weir_seqlock_write_end(&lock), 0);
}
END_TEST

START_TEST(copies_are_not_early)
{
    static const int64_t waits[] = {0, 1, 100000, 3000000};
    const struct data mine = all_of(7), blank = all_of(1);
    struct data got = blank;
    size_t size = sizeof(got);

    fresh(_i);
    must_eq(weir_seqlock_write_begin(&lock), 0);
    for (unsigned i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        weir_deadline_t deadline = weir_after(waits[i]);

        must_eq(keeps_errno(weir_seqlock_write_until(&lock, &shared, &mine,
                                                     size, deadline)),
                ETIMEDOUT);
        must(weir_now() >= deadline);
        deadline = weir_after(waits[i]);
        must_eq(keeps_errno(weir_seqlock_read_until(&lock, &got, &shared, size,
                                                    deadline)),
                ETIMEDOUT);
        must(weir_now() >= deadline);
        must(memcmp(&got, &blank, size) == 0);
    }
    must_eq(weir_seqlock_write_end(&lock), 0);
    must_eq(weir_seqlock_read(&lock, &got, &shared, size), 0);
    must_eq(got.field[0], 0);
}
END_TEST

static void be_cancelled(unsigned me, void *token)
{
    struct data got = all_of(1);
    int result =
        me == 0 ? weir_seqlock_read_with(&lock, &got, &shared, sizeof(got),
                                         WEIR_FOREVER, token)
                : weir_seqlock_write_with(&lock, &shared, &got, sizeof(got),
                                          WEIR_FOREVER, token);

    must_eq(result, ECANCELED);
    must_be_whole(&got);
    must_eq(got.field[0], 1);
}

/* Behind a writer that stays; it is not disturbed. */
START_TEST(copies_are_cancelled)
{
    struct data got;
    weir_token_t token;
    support_group_t group;

    fresh(_i);
    must_eq(weir_token_init(&token, NULL, WEIR_FOREVER, scopes[_i]), 0);
    must_eq(weir_seqlock_write_begin(&lock), 0);
    support_group_start(&group, 2, be_cancelled, &token);
    for (unsigned i = 0; i < 2; i++)
        (void)support_await_sleep(group.tids[i]);
    must_eq(weir_token_cancel(&token), 0);
    support_group_join(&group);
    must_eq(weir_load_rlx_(&lock.sequence), 1);
    must_eq(weir_seqlock_write_end(&lock), 0);
    must_eq(weir_load_rlx_(&lock.lock), 0);
    must_eq(weir_seqlock_read(&lock, &got, &shared, sizeof(got)), 0);
    must_eq(got.field[0], 0);
}
END_TEST

/* Hazard B20: writers that give up swallow no wake-up. */
static void write_shortly(unsigned me, void *arg)
{
    support_random_t random = support_random(me);

    for (long i = 0; i < *(long *)arg; i++) {
        int result =
            me == 0 ? weir_seqlock_write_begin(&lock)
                    : weir_seqlock_write_begin_until(
                          &lock, weir_after(support_below(&random, 30000)));

        must(result == 0 || (me != 0 && result == ETIMEDOUT));
        if (result != 0)
            continue;
        shared.field[0]++; /* plain: nobody reads */
        support_jitter(&random);
        must_eq(weir_seqlock_write_end(&lock), 0);
    }
}

START_TEST(timeouts_swallow_nothing)
{
    long writes = support_scaled(1500);

    fresh(_i);
    support_threads(4, write_shortly, &writes);
    must_eq(weir_load_rlx_(&lock.sequence), 2 * shared.field[0]);
    must_eq(weir_load_rlx_(&lock.lock), 0);
}
END_TEST

/* --- lifetime: the writer that is let in unmaps it --- */

struct tenancy {
    weir_seqlock_t *lock;
    long round;
    long rounds;
    int first; /* is inside */
    unsigned flags;
    support_strip_t strip;
};

static void furnish(struct tenancy *t)
{
    t->lock = support_strip_take(&t->strip, sizeof(*t->lock));
    must_eq(weir_seqlock_init(t->lock, t->flags), 0);
    __atomic_store_n(&t->first, 0, __ATOMIC_RELAXED);
}

static void dwell(unsigned me, void *arg)
{
    struct tenancy *t = arg;
    support_random_t random = support_random(me);

    for (long i = 0; i < t->rounds; i++) {
        while (__atomic_load_n(&t->round, __ATOMIC_ACQUIRE) != i)
            sched_yield();
        if (me == 0) {
            must_eq(weir_seqlock_write_begin(t->lock), 0);
            __atomic_store_n(&t->first, 1, __ATOMIC_RELEASE);
            support_jitter(&random);
            must_eq(weir_seqlock_write_end(t->lock), 0);
            continue;
        }
        while (!__atomic_load_n(&t->first, __ATOMIC_ACQUIRE))
            sched_yield();
        must_eq(weir_seqlock_write_begin(t->lock), 0);
        support_strip_drop(t->lock);
        furnish(t);
        __atomic_store_n(&t->round, i + 1, __ATOMIC_RELEASE);
    }
}

/* Hazards B21, B22. */
START_TEST(unmapped_by_the_next_writer)
{
    struct tenancy t = {.flags = scopes[_i], .rounds = support_scaled(3000)};

    t.strip = support_strip(t.flags == WEIR_SHARED);
    furnish(&t);
    support_threads(2, dwell, &t);
}
END_TEST

/* --- processes --- */

struct segment {
    weir_seqlock_t lock;
    struct data data;
    int begun;
};

static support_twin_t twin;

static struct segment *map_twin(void)
{
    struct segment *here;
    struct data zero = all_of(0);

    twin = support_twin(4096);
    here = twin.here;
    must_eq(weir_seqlock_init(&here->lock, WEIR_SHARED), 0);
    must_eq(weir_seqlock_write(&here->lock, &here->data, &zero, sizeof(zero)),
            0);
    return here;
}

START_TEST(processes_at_two_addresses)
{
    struct segment *here = map_twin();
    pid_t children[3];
    struct data got;
    long writes = support_scaled(3000);

    for (unsigned i = 0; i < 3; i++) {
        children[i] = support_fork();
        if (children[i] == 0) {
            struct segment *mine = i % 2 ? twin.there : twin.here;

            for (long n = 0; n < writes; n++) {
                must_eq(weir_seqlock_write_begin(&mine->lock), 0);
                weir_seqlock_load(&got, &mine->data, sizeof(got));
                got = all_of(got.field[0] + 1);
                weir_seqlock_store(&mine->data, &got, sizeof(got));
                must_eq(weir_seqlock_write_end(&mine->lock), 0);
            }
            support_exit();
        }
    }
    do {
        must_eq(weir_seqlock_read(&here->lock, &got, &here->data, sizeof(got)),
                0);
        must_be_whole(&got);
        sched_yield();
        support_progress();
    } while (got.field[0] != (uint64_t)(3 * writes));
    for (unsigned i = 0; i < 3; i++)
        support_reap(children[i]);
    support_twin_free(&twin);
}
END_TEST

/* As its header says: nobody gets in; deadlines pass; init helps.  And what
 * was killed between unlock and wake-up is made good for (hazard B55). */
START_TEST(killed_in_a_write)
{
    struct segment *here = map_twin(), *there = twin.there;
    uint64_t begun;
    pid_t child;

    child = support_fork();
    if (child == 0) {
        must_eq(weir_seqlock_write_begin(&there->lock), 0);
        __atomic_store_n(&there->begun, 1, __ATOMIC_RELEASE);
        for (;;)
            support_sleep_ns(1000000);
    }
    while (!__atomic_load_n(&here->begun, __ATOMIC_ACQUIRE))
        support_sleep_ns(50000);
    must_eq(kill(child, SIGKILL), 0);
    support_reap_killed(child, SIGKILL);
    must_eq(
        weir_seqlock_read_begin_until(&here->lock, weir_after(1000000), &begun),
        ETIMEDOUT);
    must_eq(weir_seqlock_write_begin_until(&here->lock, weir_after(1000000)),
            ETIMEDOUT);
    child = support_fork();
    if (child == 0) {
        must_eq(weir_seqlock_write_begin(&there->lock), 0);
        support_exit();
    }
    (void)support_await_sleep(child);
    /* What one leaves that was killed before its wake-up call. */
    weir_store_rlx_(&here->lock.sequence, 4);
    __atomic_store_n((uint32_t *)(void *)&here->lock.lock, 0, __ATOMIC_RELEASE);
    support_reap(child);
    must_eq(weir_seqlock_init(&here->lock, WEIR_SHARED), 0);
    must_eq(weir_seqlock_write_begin_until(&here->lock, WEIR_NOW), 0);
    support_twin_free(&twin);
}
END_TEST

/* Hazard B52 */
START_TEST(fork_with_a_sleeper)
{
    uint64_t value = 0;
    support_group_t group;
    pid_t child;

    fresh(0);
    must_eq(weir_seqlock_write_begin(&lock), 0);
    support_group_start(&group, 2, read_one, &value);
    for (unsigned i = 0; i < 2; i++)
        (void)support_await_sleep(group.tids[i]);
    child = support_fork();
    if (child == 0) { /* this thread's copy is inside */
        must_eq(weir_seqlock_write_end(&lock), 0);
        read_one(0, &value);
        support_exit();
    }
    support_reap(child);
    must_eq(weir_seqlock_write_end(&lock), 0);
    support_group_join(&group);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("seqlock");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_loop_test(tcase, write_and_read, 0, SCOPES);
    tcase_add_loop_test(tcase, write_and_read_at_once, 0, SCOPES);
    tcase_add_test(tcase, zero_is_valid);
    tcase_add_loop_test(tcase, misuse, 0, SCOPES);
    tcase_add_loop_test(tcase, copies_any_size, 0, 8);
    tcase_add_loop_test(tcase, sequence_passes, 0, 3);
    tcase = support_tcase(suite, "contended");
    tcase_add_loop_test(tcase, readers_and_writers, 0, 4 * SCOPES);
    tcase_add_loop_test(tcase, who_meets_a_writer_sleeps, 0, 4 * SCOPES);
    tcase = support_tcase(suite, "signal");
    tcase_add_loop_test(tcase, in_a_storm_with_strays, 0, SCOPES);
    tcase = support_tcase(suite, "timed");
    tcase_add_loop_test(tcase, deadlines_are_not_early, 0, SCOPES);
    tcase_add_loop_test(tcase, copies_are_not_early, 0, SCOPES);
    tcase_add_loop_test(tcase, copies_are_cancelled, 0, SCOPES);
    tcase_add_loop_test(tcase, timeouts_swallow_nothing, 0, SCOPES);
    tcase = support_tcase(suite, "lifetime");
    tcase_add_loop_test(tcase, unmapped_by_the_next_writer, 0, SCOPES);
    tcase = support_tcase(suite, "process");
    tcase_add_test(tcase, processes_at_two_addresses);
    tcase_add_test(tcase, killed_in_a_write);
    tcase_add_test(tcase, fork_with_a_sleeper);
    return support_main(suite);
}
