/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue: the race that loses wake-ups where a fence is missing.  One thread
 * finds nothing and announces that it will sleep, while the other stores the
 * one thing that it waits for and looks whether anybody sleeps: if both
 * looks are answered from before the other's store, the first sleeps for
 * ever.  (hazards B9, B10)
 *
 * The releaser aims at the moment of the announcement, and corrects its aim
 * by what it sees.  Before each round the eventcount is put back into the
 * state in which releasers do not fence, which it otherwise leaves for long
 * once somebody has slept.  Large elements, whose destination is in the other
 * CPU's cache, keep the releaser's stores waiting in its store buffer for
 * much longer than those of 8 bytes do.
 */
#include <weir/queue.h>

#include <sched.h>
#include <string.h>

#include "support/support.h"
#include "test_queue_kit.h"

#define NS_MAX 20000
/* Two threads that spin for each other crawl where other programs have the
 * CPUs: then it is fewer rounds. */
#define BUDGET_NS 1500000000
#define LARGE 1536u

enum what { ELEMENT, PLACE, EMPTINESS };

struct fence {
    weir_queue_t *q;
    weir_eventcount_t_ *ec;
    uint32_t born; /* the word when nobody has ever slept */
    enum what what;
    unsigned rounds;
    weir_deadline_t end;
    bool over;
    unsigned arrived;
    unsigned late; /* rounds in which the announcement had been seen */
    unsigned char in[LARGE], out[LARGE];
};

static void meet(struct fence *f, unsigned *meetings)
{
    unsigned all = 2 * ++*meetings;

    __atomic_add_fetch(&f->arrived, 1, __ATOMIC_ACQ_REL);
    for (unsigned i = 1; __atomic_load_n(&f->arrived, __ATOMIC_ACQUIRE) < all;
         i++)
        if (i % 1024 == 0)
            sched_yield();
}

/* Neither thread is in a call. */
static void prepare(struct fence *f)
{
    size_t size = weir_queue_elem_size(f->q);
    unsigned char e[LARGE] = {1};

    must_eq(weir_load_rlx_(&f->ec->word) & ~WEIR_EVENTCOUNT_SYMMETRIC_, 0);
    weir_store_rlx_(&f->ec->word, f->born);
    if (f->what == PLACE && !weir_queue_full(f->q))
        must_eq(weir_queue_tryput(f->q, e), 0);
    if (f->what == EMPTINESS) { /* open again, with one element */
        kit_preset(f->q, 0);
        must_eq(weir_queue_tryput(f->q, e), 0);
        must_eq(weir_queue_close(f->q), 0);
    }
    /* What the releaser will write to is in this thread's cache. */
    memset(f->out, 5, sizeof(f->out));
    if (f->what == ELEMENT)
        memset(f->q->cells + sizeof(uint64_t), 5, size);
}

static void await(struct fence *f)
{
    unsigned char e[LARGE] = {2};

    switch (f->what) {
    case ELEMENT: must_eq(weir_queue_get(f->q, e), 0); break;
    case PLACE: must_eq(weir_queue_put(f->q, e), 0); break;
    case EMPTINESS: must_eq(weir_queue_drain(f->q, WEIR_FOREVER), 0); break;
    }
}

static void release(struct fence *f)
{
    must_eq(f->what == ELEMENT ? weir_queue_tryput(f->q, f->in)
                               : weir_queue_tryget(f->q, f->out),
            0);
}

static void spin_ns(int64_t ns)
{
    weir_deadline_t until = weir_now() + ns;

    while (weir_now() < until)
        continue;
}

static void fence_body(unsigned index, void *arg)
{
    struct fence *f = arg;
    support_random_t random = support_random(index);
    unsigned meetings = 0;
    int64_t aim = 1000;

    for (unsigned round = 0; round < f->rounds; round++) {
        bool late;

        if (index == 0) {
            prepare(f);
            f->over = weir_now() > f->end;
        }
        meet(f, &meetings);
        if (f->over)
            return;
        if (index == 0) {
            await(f);
        } else {
            spin_ns(aim + support_below(&random, round % 4 ? 200 : 20000));
            late = weir_load_rlx_(&f->ec->word) != f->born;
            release(f);
            f->late += late;
            aim += round % 4 == 0 ? 0 : late ? -30 : 30;
            aim = aim < 0 ? 0 : aim > NS_MAX ? NS_MAX : aim;
        }
        meet(f, &meetings);
        if (index == 0 && round % 64 == 0)
            support_progress();
    }
}

static void run_fence(enum what what, size_t elem_size)
{
    struct fence f = {.q = kit_create(1, elem_size),
                      .what = what,
                      .rounds = support_scaled(30000u),
                      .end = weir_after(BUDGET_NS)};

    f.ec = what == ELEMENT ? &f.q->not_empty
           : what == PLACE ? &f.q->not_full
                           : &f.q->drained;
    f.born = weir_load_rlx_(&f.ec->word);
    support_threads(2, fence_body, &f);
    support_note("aimed late in %lu of %lu rounds", f.late, f.rounds);
    kit_destroy(f.q);
}

START_TEST(an_announcement_and_a_release_collide)
{
    run_fence((enum what)_i, 8); /* inline */
    run_fence((enum what)_i, 16);
    run_fence((enum what)_i, LARGE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue_fence");
    TCase *tcase = support_tcase(suite, "contended");

    tcase_add_loop_test(tcase, an_announcement_and_a_release_collide, ELEMENT,
                        EMPTINESS + 1);
    return support_main(suite);
}
