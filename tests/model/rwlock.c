/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Programs of the read-write lock.  What it guards is plain: a writer beside
 * anybody else, or a release that does not publish, are a data race.  A private
 * lock becomes biased with its first read here; shared ones are never biased.
 * (hazards B6, B9, B10, B12, B13, B14, B15, B16, B20, B22, B23, B43)
 */
#include <weir/rwlock.h>

#include "base/atomic.h"
#include "base/tunables.h"
#include "futex/readers.h"
#include "futex/revoke.h"
#include "model/model.h"

#define MS 1000000
/* Bits of the word, as src/futex/rwlock.h has them. */
#define QUEUED ((uint64_t)4)
#define BIASED ((uint64_t)64)
#define TABLED ((uint64_t)128)
#define OF_INIT ((uint64_t)(512 | 1024 | 2048))
#define WRITERS_WAITING ((uint64_t)0xffff << 16)

struct state {
    weir_rwlock_t lock;
    weir_rwlock_t other;
    model_data_t count;               /* guarded by lock */
    model_data_t got[MODEL_THREADS];  /* times, by each; guarded by lock */
    model_data_t read[MODEL_THREADS]; /* times, by each; its own */
    model_data_t timed_out[MODEL_THREADS];
    model_data_t due; /* writes; guarded by lock */
};

/* -- Sections ----------------------------------------------------------- */

static void write_work(struct state *s, unsigned id)
{
    int before = model_get(&s->count);

    model_set(&s->count, before + 1);
    model_set(&s->got[id], model_get(&s->got[id]) + 1);
    MODEL_ASSERT(model_get(&s->count) == before + 1, "nobody else is inside");
}

static void read_work(struct state *s, unsigned id)
{
    int before = model_get(&s->count);

    model_set(&s->read[id], model_get(&s->read[id]) + 1);
    MODEL_ASSERT(model_get(&s->count) == before, "no writer is inside");
}

static void unlock_read(struct state *s)
{
    MODEL_ASSERT(weir_rwlock_rdunlock(&s->lock) == 0, "a reader may unlock");
}

static void unlock_write(struct state *s)
{
    MODEL_ASSERT(weir_rwlock_wrunlock(&s->lock) == 0, "the writer may unlock");
}

static void read_as(struct state *s, unsigned id)
{
    MODEL_ASSERT(weir_rwlock_rdlock(&s->lock) == 0, "rdlock returns 0");
    read_work(s, id);
    unlock_read(s);
}

static void write_as(struct state *s, unsigned id)
{
    MODEL_ASSERT(weir_rwlock_wrlock(&s->lock) == 0, "wrlock returns 0");
    write_work(s, id);
    unlock_write(s);
}

/* What must hold whenever the threads are done. */
static void is_at_rest(void *arg)
{
    struct state *s = (struct state *)arg;
    uint64_t state = weir_load_rlx_(&s->lock.state);
    int sum = 0;

    for (unsigned i = 0; i < MODEL_THREADS; i++)
        sum += model_get(&s->got[i]);
    MODEL_ASSERT(model_get(&s->count) == sum, "no section was lost");
    MODEL_ASSERT((state & ~(OF_INIT | BIASED | TABLED)) == 0,
                 "nobody has it, and nobody waits");
    MODEL_ASSERT(!weir_readers_seen_(&s->lock), "nobody stands in the table");
    MODEL_ASSERT(weir_rwlock_tryrdlock(&s->lock) == 0 &&
                     weir_rwlock_rdunlock(&s->lock) == 0,
                 "it can be read");
    MODEL_ASSERT(weir_rwlock_trywrlock(&s->lock) == 0 &&
                     weir_rwlock_wrunlock(&s->lock) == 0,
                 "it can be written");
}

/* -- Reading and writing ------------------------------------------------ */

#define BODY(name, id, ...)                                                    \
    static void name(void *arg)                                                \
    {                                                                          \
        struct state *s = (struct state *)arg;                                 \
        const unsigned self = (id);                                            \
        __VA_ARGS__                                                            \
    }

BODY(read_0, 0, read_as(s, self);)
BODY(read_1, 1, read_as(s, self);)
BODY(read_2, 2, read_as(s, self);)
BODY(read_3, 3, read_as(s, self);)
BODY(write_0, 0, write_as(s, self);)
BODY(write_1, 1, write_as(s, self);)
BODY(write_2, 2, write_as(s, self);)
BODY(write_3, 3, write_as(s, self);)
BODY(read_twice_0, 0, read_as(s, self); read_as(s, self);)
BODY(write_twice_0, 0, write_as(s, self); write_as(s, self);)
BODY(write_twice_1, 1, write_as(s, self); write_as(s, self);)
BODY(read_write_0, 0, read_as(s, self); write_as(s, self);)
BODY(write_read_1, 1, write_as(s, self); read_as(s, self);)

static void try_read_as(struct state *s, unsigned id)
{
    int result = weir_rwlock_tryrdlock(&s->lock);

    MODEL_ASSERT(result == 0 || result == EBUSY, "try returns 0 or EBUSY");
    if (result == 0) {
        read_work(s, id);
        unlock_read(s);
    }
}

static void try_write_as(struct state *s, unsigned id)
{
    int result = weir_rwlock_trywrlock(&s->lock);

    MODEL_ASSERT(result == 0 || result == EBUSY, "try returns 0 or EBUSY");
    if (result == 0) {
        write_work(s, id);
        unlock_write(s);
    }
}

BODY(try_read_0, 0, try_read_as(s, self);)
BODY(try_read_1, 1, try_read_as(s, self);)
BODY(try_write_1, 1, try_write_as(s, self);)

/* -- Deadlines ---------------------------------------------------------- */

static void read_until_as(struct state *s, unsigned id,
                          weir_deadline_t deadline)
{
    int result = weir_rwlock_rdlock_until(&s->lock, deadline);

    MODEL_ASSERT(result == 0 || result == ETIMEDOUT,
                 "rdlock_until returns 0 or ETIMEDOUT");
    model_set(&s->timed_out[id], result != 0);
    if (result == 0) {
        read_work(s, id);
        unlock_read(s);
    }
}

static void write_until_as(struct state *s, unsigned id,
                           weir_deadline_t deadline)
{
    int result = weir_rwlock_wrlock_until(&s->lock, deadline);

    MODEL_ASSERT(result == 0 || result == ETIMEDOUT,
                 "wrlock_until returns 0 or ETIMEDOUT");
    model_set(&s->timed_out[id], result != 0);
    if (result == 0) {
        write_work(s, id);
        unlock_write(s);
    }
}

BODY(read_until_1, 1, read_until_as(s, self, weir_after(MS));)
BODY(write_until_1, 1, write_until_as(s, self, weir_after(MS));)
BODY(write_until_2, 2, write_until_as(s, self, weir_after(MS));)
BODY(write_past_2, 2, write_until_as(s, self, WEIR_NOW);)

/* -- Downgrade ---------------------------------------------------------- */

static void downgrade_as(struct state *s, unsigned id)
{
    int written;

    MODEL_ASSERT(weir_rwlock_wrlock(&s->lock) == 0, "wrlock returns 0");
    write_work(s, id);
    written = model_get(&s->count);
    MODEL_ASSERT(weir_rwlock_downgrade(&s->lock) == 0, "downgrade returns 0");
    MODEL_ASSERT(model_get(&s->count) == written,
                 "no writer gets in between write and read lock");
    unlock_read(s);
}

BODY(downgrade_0, 0, downgrade_as(s, self);)

/* -- Policies ----------------------------------------------------------- */

static void init_with(struct state *s, unsigned flags)
{
    (void)weir_rwlock_init(&s->lock, flags);
}

BODY(begin_reader, 0, (void)self; init_with(s, WEIR_RW_PREFER_READER);)
BODY(begin_fair, 0, (void)self; init_with(s, WEIR_RW_PHASE_FAIR);)
BODY(begin_shared, 0, (void)self; init_with(s, WEIR_SHARED);)
BODY(begin_shared_reader, 0, (void)self;
     init_with(s, WEIR_SHARED | WEIR_RW_PREFER_READER);)
BODY(begin_shared_fair, 0, (void)self;
     init_with(s, WEIR_SHARED | WEIR_RW_PHASE_FAIR);)

/* A writer that tries again at once: had readers been waiting when it left,
 * it must not get in before them. */
static void hog_as(struct state *s, bool readers_first)
{
    bool waited;
    int result;

    MODEL_ASSERT(weir_rwlock_wrlock(&s->lock) == 0, "wrlock returns 0");
    write_work(s, 0);
    waited = weir_load_rlx_(&s->lock.state) & QUEUED;
    unlock_write(s);
    result = weir_rwlock_trywrlock(&s->lock);
    if (result == 0) {
        MODEL_ASSERT(!waited || !readers_first || model_get(&s->read[1]) > 0,
                     "readers that waited get in before the next writer");
        write_work(s, 0);
        unlock_write(s);
    }
}

BODY(hog, 0, (void)self; hog_as(s, true);)

/* A reader that tries again at once: where a writer waits it does not get
 * in before that. */
static void crowd_as(struct state *s)
{
    bool waited;

    MODEL_ASSERT(weir_rwlock_rdlock(&s->lock) == 0, "rdlock returns 0");
    waited = weir_load_rlx_(&s->lock.state) & WRITERS_WAITING;
    unlock_read(s);
    if (weir_rwlock_tryrdlock(&s->lock) == 0) {
        MODEL_ASSERT(!waited || model_get(&s->got[1]) > 0,
                     "a writer that waited gets in before the next reader");
        unlock_read(s);
    }
}

BODY(crowd, 0, (void)self; crowd_as(s);)

/* -- The bias ----------------------------------------------------------- */

static void begin_biased(void *arg)
{
    struct state *s = (struct state *)arg;

    weir_store_rlx_(&s->lock.state, BIASED | TABLED);
    weir_store_rlx_(&s->other.state, BIASED | TABLED);
}

static void begin_biased_reader(void *arg)
{
    struct state *s = (struct state *)arg;

    init_with(s, WEIR_RW_PREFER_READER);
    weir_store_rlx_(&s->lock.state,
                    weir_load_rlx_(&s->lock.state) | BIASED | TABLED);
}

/* Reads while it reads: by the table, it gets it although a writer waits. */
BODY(read_again_0, 0,
     MODEL_ASSERT(weir_rwlock_rdlock(&s->lock) == 0, "rdlock returns 0");
     read_as(s, self); read_as(s, self); unlock_read(s);)

/* Reads two locks, the other for longer. */
BODY(read_both_0, 0,
     MODEL_ASSERT(weir_rwlock_rdlock(&s->other) == 0, "rdlock returns 0");
     read_as(s, self);
     MODEL_ASSERT(weir_rwlock_rdunlock(&s->other) == 0, "a reader may unlock");)

BODY(write_other_2, 2, (void)self;
     MODEL_ASSERT(weir_rwlock_wrlock(&s->other) == 0, "wrlock returns 0");
     MODEL_ASSERT(weir_rwlock_wrunlock(&s->other) == 0,
                  "the writer may unlock");)

/* Has a line before it comes to the lock, so that it reads inline. */
BODY(read_inline_2, 2,
     MODEL_ASSERT(weir_rwlock_rdlock(&s->other) == 0, "rdlock returns 0");
     MODEL_ASSERT(weir_rwlock_rdunlock(&s->other) == 0, "a reader may unlock");
     read_as(s, self);)

static void read_inline_0(void *arg)
{
    read_inline_2(arg);
}

static void begin_other_biased(void *arg)
{
    struct state *s = (struct state *)arg;

    weir_store_rlx_(&s->other.state, BIASED | TABLED);
}

/* -- Lifetime ----------------------------------------------------------- */

/* The writer is the last, and frees it as soon as it holds it. */
BODY(read_mark_0, 0,
     MODEL_ASSERT(weir_rwlock_rdlock(&s->lock) == 0, "rdlock returns 0");
     model_set(&s->read[self], 1); unlock_read(s);)

/* Where the reader was there first, the writer is the last to use it. */
static void write_and_free(void *arg)
{
    struct state *s = (struct state *)arg;
    bool read;

    MODEL_ASSERT(weir_rwlock_wrlock(&s->lock) == 0, "wrlock returns 0");
    read = model_get(&s->read[0]) != 0;
    unlock_write(s);
    if (read)
        model_free(&s->lock, sizeof(s->lock));
}

/* The last of two writers. */
static void use_and_free(struct state *s, unsigned id)
{
    bool last;

    MODEL_ASSERT(weir_rwlock_wrlock(&s->lock) == 0, "wrlock returns 0");
    model_set(&s->got[id], 1);
    model_set(&s->count, model_get(&s->count) + 1);
    last = model_get(&s->count) == 2;
    unlock_write(s);
    if (last)
        model_free(&s->lock, sizeof(s->lock));
}

BODY(free_0, 0, use_and_free(s, self);)
BODY(free_1, 1, use_and_free(s, self);)

/* -- Processes ---------------------------------------------------------- */

/* Far beyond the time after which a sleeper opens what is kept shut. */
#define LONG (8 * (int64_t)WEIR_SHARED_SLICE_NS)
#define OPENED (5 * (int64_t)WEIR_SHARED_SLICE_NS)

static void survive_reading(struct state *s, unsigned id)
{
    weir_deadline_t start = weir_now();

    read_until_as(s, id, weir_after(LONG));
    MODEL_ASSERT(model_get(&s->timed_out[id]) || weir_now() - start <= OPENED,
                 "a shared reader looks again in time");
}

static void survive_writing(struct state *s, unsigned id)
{
    weir_deadline_t start = weir_now();

    write_until_as(s, id, weir_after(LONG));
    MODEL_ASSERT(model_get(&s->timed_out[id]) || weir_now() - start <= OPENED,
                 "a shared writer looks again in time");
}

BODY(survive_reading_0, 0, survive_reading(s, self);)
BODY(survive_reading_2, 2, survive_reading(s, self);)
BODY(survive_writing_0, 0, survive_writing(s, self);)
BODY(survive_writing_2, 2, survive_writing(s, self);)

/* Somebody has died who is counted as a waiting writer, long ago: the next reader
 * that is kept out by that opens the lock. */
BODY(begin_kept_shut, 0, (void)self; init_with(s, WEIR_SHARED);
     weir_store_rlx_(&s->lock.state, weir_load_rlx_(&s->lock.state) |
                                         (WRITERS_WAITING & -WRITERS_WAITING));
     weir_store_rlx_(&s->lock.stamp,
                     weir_stamp_in_(-2 * (int64_t)WEIR_SHARED_SLICE_NS));)

/* It is held, and somebody was kept out a moment ago. */
BODY(begin_stamped, 0, (void)self; init_with(s, WEIR_SHARED);
     MODEL_ASSERT(weir_rwlock_wrlock(&s->lock) == 0, "wrlock returns 0");
     weir_store_rlx_(&s->lock.stamp, weir_stamp_in_(0));)

BODY(write_since_0, 0, write_work(s, self); unlock_write(s);)

/* Notes how many writes there are when all that wait have been in. */
BODY(write_and_see_1, 1,
     MODEL_ASSERT(weir_rwlock_wrlock(&s->lock) == 0, "wrlock returns 0");
     write_work(s, self);
     model_set(&s->due,
               model_get(&s->count) +
                   (int)((weir_load_rlx_(&s->lock.state) & WRITERS_WAITING) /
                         (WRITERS_WAITING & -WRITERS_WAITING)));
     unlock_write(s);)

/* No time passes in which a writer that waits could be taken for dead. */
BODY(read_after_writers_3, 3,
     MODEL_ASSERT(weir_rwlock_rdlock(&s->lock) == 0, "rdlock returns 0");
     read_work(s, self);
     MODEL_ASSERT(model_get(&s->count) >= model_get(&s->due),
                  "writers that wait get in before a reader");
     unlock_read(s);)

/* Only a holder that was killed may keep the others out. */
static void only_holders_keep_it(void *arg)
{
    struct state *s = (struct state *)arg;
    uint64_t state = weir_load_rlx_(&s->lock.state);
    bool held = state & 3;

    MODEL_ASSERT(!held || model_was_killed(1), "nobody holds it");
    for (unsigned i = 0; i < MODEL_THREADS; i++)
        MODEL_ASSERT(!model_get(&s->timed_out[i]) || held,
                     "a free lock is found");
}

#define PROGRAM(n, ...) CHECKED(n, is_at_rest, __VA_ARGS__)
#define CHECKED(n, function, ...)                                              \
    {                                                                          \
        .name = n, .size = sizeof(struct state), .check = function,            \
        __VA_ARGS__                                                            \
    }

const struct model_program model_rwlock[] = {
    /* Biased from the first read on. */
    PROGRAM("read_write", .thread = {read_twice_0, write_1}, .preemptions = 3,
            .stale = 1, .spurious = 1, .deeper = 1),
    PROGRAM("reads_write", .thread = {read_0, write_1, read_2},
            .preemptions = 2, .stale = 1, .deeper = 1),
    PROGRAM("read_writes", .thread = {read_0, write_1, write_2},
            .preemptions = 2, .stale = 1, .deeper = 1),
    PROGRAM("mixed", .thread = {read_write_0, write_read_1}, .preemptions = 2,
            .stale = 1, .jumps = 1, .deeper = 1),
    PROGRAM("biased", .setup = begin_biased, .thread = {read_0, write_1},
            .preemptions = 3, .stale = 2, .spurious = 1, .deeper = 1),
    PROGRAM("biased_two", .setup = begin_biased,
            .thread = {read_0, write_1, read_2}, .preemptions = 2, .stale = 1,
            .deeper = 1),
    PROGRAM("biased_writers", .setup = begin_biased,
            .thread = {read_0, write_1, write_2}, .preemptions = 2, .stale = 1,
            .deeper = 1),
    PROGRAM("biased_again", .setup = begin_biased,
            .thread = {read_again_0, write_1}, .preemptions = 3, .stale = 1,
            .deeper = 1),
    PROGRAM("biased_reader", .setup = begin_biased_reader,
            .thread = {read_again_0, write_1, read_2}, .preemptions = 2,
            .deeper = 1),
    PROGRAM("biased_both", .setup = begin_biased,
            .thread = {read_both_0, write_1, write_other_2}, .preemptions = 2,
            .deeper = 1),
    PROGRAM("biased_until", .setup = begin_biased,
            .thread = {read_0, write_until_1, write_2}, .preemptions = 2,
            .timeouts = 1, .deeper = 1),
    PROGRAM("biased_until_read", .setup = begin_biased,
            .thread = {read_twice_0, write_until_1}, .preemptions = 2,
            .stale = 1, .timeouts = 1, .jumps = 1, .deeper = 1),
    PROGRAM("biased_try", .setup = begin_biased,
            .thread = {read_0, try_write_1, write_2}, .preemptions = 2,
            .deeper = 1),
    PROGRAM("biased_past", .setup = begin_biased,
            .thread = {try_read_0, try_write_1, write_past_2}, .preemptions = 2,
            .deeper = 1),
    PROGRAM("rebiased", .setup = begin_biased,
            .thread = {read_twice_0, write_twice_1}, .preemptions = 2,
            .stale = 1, .jumps = 1, .deeper = 1),
    PROGRAM("inline", .setup = begin_other_biased,
            .thread = {write_0, read_1, read_inline_2}, .preemptions = 2,
            .stale = 1, .deeper = 1),
    PROGRAM("inline_first", .setup = begin_biased,
            .thread = {read_inline_0, write_1}, .preemptions = 3, .stale = 1,
            .deeper = 1),
    PROGRAM("lines", .setup = begin_biased,
            .thread = {read_0, read_1, read_2, write_3}, .preemptions = 1,
            .deeper = 1),
    CHECKED("free_biased", NULL, .setup = begin_biased,
            .thread = {read_mark_0, write_and_free}, .preemptions = 2,
            .deeper = 1),
    PROGRAM("refused_early", .flags = MODEL_REFUSED_EARLY,
            .thread = {read_0, write_1, read_2}, .preemptions = 2, .stale = 1,
            .deeper = 1),
    PROGRAM("private_reader", .setup = begin_reader,
            .thread = {read_0, write_1, read_2}, .preemptions = 2, .deeper = 1),
    PROGRAM("private_fair", .setup = begin_fair,
            .thread = {write_0, read_1, write_2}, .preemptions = 2,
            .deeper = 1),
    /* Never biased. */
    PROGRAM("writers", .flags = MODEL_PROCESSES, .setup = begin_shared,
            .thread = {write_0, write_1, write_2}, .preemptions = 2,
            .deeper = 1),
    PROGRAM("readers", .flags = MODEL_PROCESSES, .setup = begin_shared,
            .thread = {write_0, read_1, read_2}, .preemptions = 2, .deeper = 1),
    PROGRAM("two", .flags = MODEL_PROCESSES, .setup = begin_shared,
            .thread = {write_twice_0, write_twice_1}, .preemptions = 2,
            .stale = 1, .spurious = 1, .deeper = 1),
    PROGRAM("three", .flags = MODEL_PROCESSES, .setup = begin_shared,
            .thread = {write_0, read_1, write_2}, .preemptions = 2, .stale = 1,
            .deeper = 1),
    PROGRAM("three_readers", .flags = MODEL_PROCESSES,
            .setup = begin_shared_reader, .thread = {write_0, read_1, write_2},
            .preemptions = 2, .stale = 1, .deeper = 1),
    PROGRAM("three_fair", .flags = MODEL_PROCESSES, .setup = begin_shared_fair,
            .thread = {write_0, read_1, write_2}, .preemptions = 2, .stale = 1,
            .deeper = 1),
    PROGRAM("crowded", .flags = MODEL_PROCESSES, .setup = begin_shared,
            .thread = {read_0, write_1, read_2, write_3}, .preemptions = 1,
            .deeper = 1),
    PROGRAM("crowded_readers", .flags = MODEL_PROCESSES,
            .setup = begin_shared_reader,
            .thread = {read_0, write_1, read_2, write_3}, .preemptions = 1,
            .deeper = 1),
    PROGRAM("crowded_fair", .flags = MODEL_PROCESSES,
            .setup = begin_shared_fair,
            .thread = {read_0, write_1, read_2, write_3}, .preemptions = 1,
            .deeper = 1),
    PROGRAM("until", .flags = MODEL_PROCESSES, .setup = begin_shared,
            .thread = {read_0, write_until_1, read_2}, .preemptions = 2,
            .timeouts = 1, .deeper = 1),
    PROGRAM("until_writers", .flags = MODEL_PROCESSES, .setup = begin_shared,
            .thread = {write_0, write_until_1, write_2, read_3},
            .preemptions = 1, .timeouts = 1, .deeper = 1),
    PROGRAM("until_readers", .flags = MODEL_PROCESSES,
            .setup = begin_shared_reader,
            .thread = {write_0, read_until_1, write_2}, .preemptions = 2,
            .timeouts = 1, .deeper = 1),
    PROGRAM("until_fair", .flags = MODEL_PROCESSES, .setup = begin_shared_fair,
            .thread = {write_0, read_until_1, write_2}, .preemptions = 2,
            .timeouts = 1, .deeper = 1),
    PROGRAM("until_fair_two", .flags = MODEL_PROCESSES,
            .setup = begin_shared_fair,
            .thread = {write_0, read_until_1, write_until_2, read_3},
            .preemptions = 1, .timeouts = 2, .deeper = 1),
    PROGRAM("downgrade", .flags = MODEL_PROCESSES, .setup = begin_shared,
            .thread = {downgrade_0, write_1, read_2}, .preemptions = 2,
            .deeper = 1),
    PROGRAM("downgrade_fair", .flags = MODEL_PROCESSES,
            .setup = begin_shared_fair,
            .thread = {downgrade_0, write_1, read_2}, .preemptions = 2,
            .deeper = 1),
    PROGRAM("downgrade_reader", .flags = MODEL_PROCESSES,
            .setup = begin_shared_reader,
            .thread = {downgrade_0, write_1, read_2}, .preemptions = 2,
            .deeper = 1),
    PROGRAM("hog_fair", .flags = MODEL_PROCESSES, .setup = begin_shared_fair,
            .thread = {hog, read_1}, .preemptions = 3, .deeper = 1),
    PROGRAM("hog_reader", .flags = MODEL_PROCESSES,
            .setup = begin_shared_reader, .thread = {hog, read_1},
            .preemptions = 3, .deeper = 1),
    PROGRAM("crowd", .flags = MODEL_PROCESSES, .setup = begin_shared,
            .thread = {crowd, write_1}, .preemptions = 3, .deeper = 1),
    PROGRAM("crowd_fair", .flags = MODEL_PROCESSES, .setup = begin_shared_fair,
            .thread = {crowd, write_1}, .preemptions = 3, .deeper = 1),
    CHECKED("kept_shut", NULL, .flags = MODEL_PROCESSES,
            .setup = begin_kept_shut, .thread = {write_0, try_read_1, write_2},
            .preemptions = 3, .deeper = 1),
    PROGRAM("opened_early", .flags = MODEL_PROCESSES, .setup = begin_stamped,

            .thread = {write_since_0, write_and_see_1, write_2,
                       read_after_writers_3},
            .preemptions = 2, .deeper = 1),
    CHECKED("free", NULL, .flags = MODEL_REFUSED_EARLY,
            .thread = {free_0, free_1}, .preemptions = 3, .stale = 1,
            .deeper = 1),
    CHECKED("free_read", NULL, .flags = MODEL_REFUSED_EARLY,
            .thread = {read_mark_0, write_and_free}, .preemptions = 2,
            .deeper = 1),
    CHECKED("killed_writer", only_holders_keep_it,
            .flags = MODEL_PROCESSES | MODEL_NETS, .setup = begin_shared,
            .thread = {survive_reading_0, write_1, survive_writing_2},
            .mortal = 2, .preemptions = 1, .kills = 1, .deeper = 1),
    CHECKED("killed_writer_fair", only_holders_keep_it,
            .flags = MODEL_PROCESSES | MODEL_NETS, .setup = begin_shared_fair,
            .thread = {survive_reading_0, write_1, survive_reading_2},
            .mortal = 2, .preemptions = 1, .kills = 1, .deeper = 1),
    CHECKED("killed_reader", only_holders_keep_it,
            .flags = MODEL_PROCESSES | MODEL_NETS, .setup = begin_shared_reader,
            .thread = {survive_writing_0, read_1, survive_writing_2},
            .mortal = 2, .preemptions = 1, .kills = 1, .deeper = 1),
    CHECKED("killed_reader_fair", only_holders_keep_it,
            .flags = MODEL_PROCESSES | MODEL_NETS, .setup = begin_shared_fair,
            .thread = {survive_writing_0, read_1, survive_writing_2},
            .mortal = 2, .preemptions = 1, .kills = 1, .deeper = 1),
    {.name = NULL}};
