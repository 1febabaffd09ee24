/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The kernel, as the library sees it (src/futex/sys.h, park.h): how a sleep
 * ends, whom a wake-up reaches, what a barrier orders, and what happens where
 * the kernel refuses.
 *
 * No case for reset or wrap: there is no state here.
 */
#include "futex/sys.h"

#include <linux/futex.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <weir/mutex.h>

#include "base/atomic.h"
#include "base/tunables.h"
#include "futex/park.h"
#include "test_far_kit.h"
#include "test_panic_kit.h"

#define WAITV 449 /* futex_waitv: everywhere, and not in older headers */

static WEIR_ATOMIC(uint32_t) word;

/* --- api: how a sleep ends --- */

START_TEST(changed_is_seen)
{
    static const weir_deadline_t deadlines[] = {WEIR_FOREVER, WEIR_NOW, -1,
                                                INT64_MIN, WEIR_FOREVER - 1};

    weir_store_rlx_(&word, 5);
    for (unsigned i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++)
        must_eq(keeps_errno(weir_futex_wait_(&word, 4, deadlines[i],
                                             WEIR_BITS_ALL, _i != 0)),
                WEIR_SLEPT_CHANGED);
}
END_TEST

START_TEST(past_deadlines_expire)
{
    weir_deadline_t deadlines[] = {WEIR_NOW,      -1,        -1000000000,
                                   INT64_MIN + 1, 1,         1000000001,
                                   INT64_MIN,     weir_now()};

    weir_store_rlx_(&word, 5);
    for (unsigned i = 0; i < sizeof(deadlines) / sizeof(deadlines[0]); i++)
        must_eq(keeps_errno(weir_futex_wait_(&word, 5, deadlines[i],
                                             WEIR_BITS_ALL, _i != 0)),
                WEIR_SLEPT_EXPIRED);
}
END_TEST

static void sleep_until(weir_deadline_t deadline, bool shared)
{
    enum weir_slept slept;

    do {
        slept = keeps_errno(
            weir_futex_wait_(&word, 5, deadline, WEIR_BITS_ALL, shared));
        must(slept == WEIR_SLEPT_EXPIRED || slept == WEIR_SLEPT_WOKEN);
    } while (slept == WEIR_SLEPT_WOKEN);
    must(weir_now() >= deadline);
}

/* In a storm too, whose signals are wake-ups (hazard B50). */
START_TEST(deadlines_are_not_early)
{
    weir_store_rlx_(&word, 5);
    if (_i >= 2)
        support_storm_begin();
    for (int64_t i = 0; i < 20; i++)
        sleep_until(weir_after(1 + i * 100000), _i % 2 != 0);
    support_storm_end();
}
END_TEST

struct sleeping {
    const WEIR_ATOMIC(uint32_t) *word;
    uint32_t bits[SUPPORT_THREADS_MAX];
    int back[SUPPORT_THREADS_MAX];
    bool shared;
};

static void sleep_once(unsigned index, void *arg)
{
    struct sleeping *sleeping = arg;

    must_eq(weir_load_rlx_(sleeping->word), 0);
    must_eq(
        keeps_errno(weir_futex_wait_(sleeping->word, 0, WEIR_FOREVER,
                                     sleeping->bits[index], sleeping->shared)),
        WEIR_SLEPT_WOKEN);
    __atomic_store_n(&sleeping->back[index], 1, __ATOMIC_RELEASE);
}

/* Not at the start gate, nor in a lock of a sanitizer's. */
static void await_sleep_on(pid_t tid, const volatile void *address)
{
    const void *found;

    do
        found = support_await_sleep(tid);
    while (found != NULL && found != address);
}

static void put_to_bed(support_group_t *group, unsigned count,
                       struct sleeping *sleeping)
{
    support_storm_waive(); /* a signal ends a single sleep as well */
    support_group_start(group, count, sleep_once, sleeping);
    for (unsigned i = 0; i < count; i++)
        await_sleep_on(group->tids[i], sleeping->word);
}

static unsigned count_back(struct sleeping *sleeping, unsigned count)
{
    unsigned back = 0;

    for (unsigned i = 0; i < count; i++)
        back += (unsigned)__atomic_load_n(&sleeping->back[i], __ATOMIC_ACQUIRE);
    return back;
}

static void await_back(struct sleeping *sleeping, unsigned count,
                       unsigned wanted)
{
    while (count_back(sleeping, count) < wanted)
        support_sleep_ns(100000);
    support_sleep_ns(2000000);
    must_eq(count_back(sleeping, count), wanted);
}

/* So many, and no more. */
START_TEST(wakes_as_many_as_told)
{
    struct sleeping sleeping = {.word = &word, .shared = _i != 0};
    support_group_t group;

    weir_store_rlx_(&word, 0);
    for (unsigned i = 0; i < 6; i++)
        sleeping.bits[i] = WEIR_BITS_ALL;
    put_to_bed(&group, 6, &sleeping);
    keeps_errno((weir_futex_wake_(&word, 1, WEIR_BITS_ALL, _i != 0), 0));
    await_back(&sleeping, 6, 1);
    weir_futex_wake_(&word, 2, WEIR_BITS_ALL, _i != 0);
    await_back(&sleeping, 6, 3);
    weir_futex_wake_(&word, INT_MAX, WEIR_BITS_ALL, _i != 0);
    support_group_join(&group);
}
END_TEST

/* A waker reaches those with whom it shares a bit. */
START_TEST(wakes_by_bits)
{
    struct sleeping sleeping = {
        .word = &word, .shared = _i != 0, .bits = {1, 2, 3, WEIR_BITS_ALL}};
    support_group_t group;

    weir_store_rlx_(&word, 0);
    put_to_bed(&group, 4, &sleeping);
    weir_futex_wake_(&word, 1, 1, _i != 0); /* in the order of sleeping? */
    await_back(&sleeping, 4, 1);
    must(!__atomic_load_n(&sleeping.back[1], __ATOMIC_ACQUIRE));
    weir_futex_wake_(&word, INT_MAX, 1, _i != 0);
    await_back(&sleeping, 4, 3);
    must(!__atomic_load_n(&sleeping.back[1], __ATOMIC_ACQUIRE));
    weir_futex_wake_(&word, INT_MAX, ~2u, _i != 0);
    await_back(&sleeping, 4, 3);
    weir_futex_wake_(&word, INT_MAX, 2, _i != 0);
    support_group_join(&group);
}
END_TEST

/* A stale waker's address: unmapped, never mapped, odd.  (hazard B22) */
START_TEST(waking_nothing_is_harmless)
{
    char *gone = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    must(gone != MAP_FAILED);
    must_eq(munmap(gone, 4096), 0);
    keeps_errno((weir_futex_wake_(gone, 1, WEIR_BITS_ALL, _i != 0), 0));
    keeps_errno((weir_futex_wake_(NULL, 1, WEIR_BITS_ALL, _i != 0), 0));
    keeps_errno((weir_futex_wake_(gone + 1, 1, WEIR_BITS_ALL, _i != 0), 0));
    keeps_errno((weir_futex_wake_(&word, INT_MAX, 1, _i != 0), 0));
}
END_TEST

/* --- signal --- */

static void on_signal(int signal)
{
    (void)signal;
}

/* A signal is a wake-up for no reason, and no EINTR gets out. */
START_TEST(signals_wake)
{
    struct sigaction action = {.sa_handler = on_signal};
    struct sleeping sleeping = {
        .word = &word, .shared = _i != 0, .bits = {WEIR_BITS_ALL}};
    support_group_t group;

    must_eq(sigaction(SIGUSR1, &action, NULL), 0);
    weir_store_rlx_(&word, 0);
    put_to_bed(&group, 1, &sleeping);
    must_eq(pthread_kill(group.threads[0], SIGUSR1), 0);
    support_group_join(&group);
}
END_TEST

/* --- timed: one sleep with the rules for all (park.h) --- */

static int park_until(weir_deadline_t deadline, bool shared, bool sure)
{
    return (int)keeps_errno(weir_park_(&word, 0, weir_until_(deadline),
                                       WEIR_BITS_ALL, shared, sure));
}

/* Sure and private: one sleep to the deadline.  Else in slices, whose end is
 * no timeout. */
START_TEST(slices_are_not_timeouts)
{
    bool shared = _i & 1;
    bool sure = _i & 2;
    int64_t slice = sure ? WEIR_SHARED_SLICE_NS : WEIR_UNSURE_SLICE_NS;
    weir_deadline_t before = weir_now();

    support_storm_waive(); /* a signal ends a slice as well */
    weir_store_rlx_(&word, 0);
    if (sure && !shared) {
        slice = 3 * WEIR_UNSURE_SLICE_NS;
        must_eq(park_until(weir_after(slice), shared, sure),
                WEIR_SLEPT_EXPIRED);
        must(weir_now() >= before + slice);
        return;
    }
    must_eq(park_until(WEIR_FOREVER, shared, sure), WEIR_SLEPT_WOKEN);
    must(weir_now() >= before + slice);
    must_eq(park_until(weir_after(slice / 2), shared, sure),
            WEIR_SLEPT_EXPIRED);
    must(weir_now() >= before + slice + slice / 2);
    weir_store_rlx_(&word, 1);
    must_eq(park_until(WEIR_FOREVER, shared, sure), WEIR_SLEPT_CHANGED);
}
END_TEST

/* --- process --- */

static void wake_there_when_asleep_here(pid_t tid, const support_twin_t *twin)
{
    await_sleep_on(tid, twin->here);
    weir_futex_wake_(twin->there, 1, WEIR_BITS_ALL, true);
}

/* The same word at two addresses, in one process and in two. */
START_TEST(shared_words_have_no_address)
{
    support_twin_t twin = support_twin(4096);
    struct sleeping sleeping = {
        .word = twin.here, .shared = true, .bits = {WEIR_BITS_ALL}};
    support_group_t group;
    pid_t child;

    support_storm_waive(); /* a signal ends a single sleep as well */
    child = support_fork();

    if (child == 0) {
        sleep_once(0, &sleeping);
        support_exit();
    }
    wake_there_when_asleep_here(child, &twin);
    support_reap(child);
    support_group_start(&group, 1, sleep_once, &sleeping);
    wake_there_when_asleep_here(group.tids[0], &twin);
    support_group_join(&group);
    support_twin_free(&twin);
}
END_TEST

/* --- fork: refused system calls (hazard B53) --- */

struct refusal {
    int operation; /* of futex */
    int error;
    void (*act)(void);
};

static void wait_on_word(void)
{
    (void)weir_futex_wait_(&word, 0, WEIR_FOREVER, WEIR_BITS_ALL, false);
}

static void wake_word(void)
{
    weir_futex_wake_(&word, 1, WEIR_BITS_ALL, false);
}

static weir_mutex_t mutex;

static void lock_twice(void)
{
    must_eq(weir_mutex_lock(&mutex), 0);
    (void)weir_mutex_lock(&mutex);
}

static const struct refusal refusals[] = {
    {FUTEX_WAIT_BITSET, ENOSYS, wait_on_word},
    {FUTEX_WAIT_BITSET, EPERM, wait_on_word},
    {FUTEX_WAKE_BITSET, ENOSYS, wake_word},
    {FUTEX_WAKE_BITSET, EPERM, wake_word},
    {FUTEX_WAIT_BITSET, ENOSYS, lock_twice},
    {FUTEX_WAIT_BITSET, EPERM, lock_twice},
};

static void refuse_and_act(void *arg)
{
    const struct refusal *refusal = arg;

    if (!support_refuse_futex(refusal->operation, refusal->error)) {
        support_skip("futex under a filter", "no seccomp here");
        abort();
    }
    refusal->act();
}

/* A sentence and the end, rather than a spin that nobody sees. */
START_TEST(refused_futexes_panic)
{
    struct refusal refusal = refusals[_i];
    bool wakes = refusal.operation == FUTEX_WAKE_BITSET;

    if (SUPPORT_EMULATED) {
        support_skip("futex under a filter", "qemu-user has no seccomp");
        return;
    }
    weir_store_rlx_(&word, 0);
    panic_must_say(refuse_and_act, &refusal,
                   wakes ? "weir_futex_wake_" : "weir_futex_wait_",
                   refusal.act == lock_twice ? (void *)&mutex : (void *)&word,
                   (uint64_t)refusal.error, "the kernel refuses to ");
}
END_TEST

/* --- several words --- */

static enum weir_slept wait_on_two(weir_deadline_t deadline, unsigned *which)
{
    static WEIR_ATOMIC(uint32_t) other;
    struct weir_futex_word words[] = {{&word, 0, false}, {&other, 0, true}};

    *which = 99;
    return keeps_errno(weir_futex_wait_any_(words, 2, deadline, which));
}

/* Short of memory until the deadline: that is waited out, in pauses.  Returns
 * how many ended before. */
static unsigned wait_without_memory(weir_deadline_t deadline)
{
    enum weir_slept slept;
    unsigned which, pauses = 0;

    while ((slept = wait_on_two(deadline, &which)) == WEIR_SLEPT_WOKEN) {
        must_eq(which, 2);
        pauses++;
    }
    must_eq(which, 2);
    must_eq(slept, WEIR_SLEPT_EXPIRED);
    must(weir_now() >= deadline);
    return pauses;
}

/* Where the machine is slow the first pause may take all of the time. */
static void pause_without_memory(void)
{
    int64_t ns = 3000000;

    while (wait_without_memory(weir_after(ns)) == 0)
        ns *= 2;
}

START_TEST(several_words_are_refused)
{
    static const int errors[] = {ENOSYS, EPERM, ENOMEM};
    bool asked = _i == 2; /* before it was refused */
    pid_t child;

    if (SUPPORT_EMULATED) {
        support_skip("futex_waitv under a filter", "qemu-user has no seccomp");
        return;
    }
    weir_store_rlx_(&word, 0);
    child = support_fork();
    if (child == 0) {
        if (asked && !weir_futex_can_wait_any_())
            support_exit(); /* an old kernel */
        if (!support_refuse(WAITV, errors[_i])) {
            support_skip("futex_waitv under a filter", "no seccomp here");
            support_exit();
        }
        must_eq(keeps_errno(weir_futex_can_wait_any_()), asked);
        if (asked)
            pause_without_memory();
        support_exit();
    }
    support_reap(child);
}
END_TEST

static void refuse_and_wait(void *arg)
{
    unsigned which;

    (void)arg;
    if (!weir_futex_can_wait_any_() || !support_refuse(WAITV, EPERM)) {
        support_skip("futex_waitv under a filter", "no seccomp here");
        abort();
    }
    (void)wait_on_two(WEIR_FOREVER, &which);
}

START_TEST(several_words_are_refused_later)
{
    if (SUPPORT_EMULATED) {
        support_skip("futex_waitv under a filter", "qemu-user has no seccomp");
        return;
    }
    weir_store_rlx_(&word, 0);
    panic_must_say(refuse_and_wait, NULL, "weir_futex_wait_any_", (void *)&word,
                   EPERM, "the kernel refuses to ");
}
END_TEST

static void wait_on_nothing(void *arg)
{
    (void)weir_futex_wait_(arg, 0, WEIR_FOREVER, WEIR_BITS_ALL, false);
}

/* Sleeping on memory that is gone is no corner of the contract. */
START_TEST(sleeping_on_nothing_panics)
{
    panic_must_say(wait_on_nothing, (void *)16, "weir_futex_wait_", (void *)16,
                   EFAULT, "the kernel refuses to ");
}
END_TEST

/* --- membarrier --- */

START_TEST(membarrier_refused)
{
    static const int errors[] = {ENOSYS, EPERM, EINVAL};
    pid_t child = support_fork();

    if (child == 0) {
        if (!support_refuse(SYS_membarrier, errors[_i])) {
            support_skip("membarrier under a filter", "no seccomp here");
            support_exit();
        }
        for (int i = 0; i < 3; i++)
            must(!keeps_errno(weir_membarrier_()));
        support_exit();
    }
    support_reap(child);
}
END_TEST

/* From linux/membarrier.h, which may be older than the kernel. */
#define PRIVATE_EXPEDITED (1 << 3)
#define REGISTER_PRIVATE_EXPEDITED (1 << 4)

/* What the kernel grants to a process that asks for itself. */
START_TEST(membarrier_where_the_kernel_can)
{
    bool can = weir_membarrier_();
    pid_t child = support_fork();

    if (child == 0) {
        must((syscall(SYS_membarrier, REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0 &&
              syscall(SYS_membarrier, PRIVATE_EXPEDITED, 0, 0) == 0) == can);
        support_exit();
    }
    support_reap(child);
}
END_TEST

START_TEST(membarrier_after_fork)
{
    bool can = keeps_errno(weir_membarrier_());
    pid_t child = support_fork();

    if (child == 0) {
        must(keeps_errno(weir_membarrier_()) == can);
        support_exit();
    }
    support_reap(child);
    if (!can)
        support_skip("membarrier", "not here");
}
END_TEST

#define EXECUTED "WEIR_TEST_SYS_EXECUTED"

/* A new program in an old process has to register anew. */
START_TEST(membarrier_after_exec)
{
    bool can = weir_membarrier_();
    pid_t child;

    if (SUPPORT_EMULATED) {
        support_skip("membarrier after exec", "qemu-user executes itself");
        return;
    }
    child = support_fork();
    if (child == 0) {
        must_eq(setenv(EXECUTED, can ? "1" : "0", 1), 0);
        (void)execl("/proc/self/exe", "test_sys", (char *)NULL);
        must(false);
    }
    support_reap(child);
}
END_TEST

/* Store buffering: one side has only the compiler in order, the other side's
 * barrier makes up for it. */
struct buffering {
    WEIR_ALIGNED(WEIR_LINE) WEIR_ATOMIC(uint32_t) x;
    WEIR_ALIGNED(WEIR_LINE) WEIR_ATOMIC(uint32_t) y;
    WEIR_ALIGNED(WEIR_LINE) WEIR_ATOMIC(uint32_t) turn;
    WEIR_ATOMIC(uint32_t) saw[2];
    uint32_t rounds;
    struct far far;
};

/* Both meet, twice in a round: 2 * round and 2 * round + 1. */
static void meet(struct buffering *b, uint32_t turn)
{
    (void)weir_fetch_add_rlx_(&b->turn, 1);
    for (unsigned i = 1; weir_load_acq_(&b->turn) < 2 * turn; i++)
        if (i % 256 == 0)
            support_sleep_ns(1);
    weir_fence_sc_();
}

static void buffer_stores(unsigned index, void *arg)
{
    struct buffering *b = arg;
    support_random_t random = support_random(index);

    for (uint32_t round = 1; round <= b->rounds; round++) {
        support_note("round %lu", round, 0);
        if (index == 1)
            far_claim(&b->far);
        meet(b, 2 * round - 1);
        for (uint32_t i = support_below(&random, 500); i > 0; i--)
            weir_compiler_barrier_();
        if (index == 0) {
            far_stores(&b->far, FAR_LINES);
            weir_store_rlx_(&b->x, round);
            weir_compiler_barrier_();
            weir_store_rlx_(&b->saw[0], weir_load_rlx_(&b->y));
        } else {
            weir_store_rlx_(&b->y, round);
            must(weir_membarrier_());
            weir_store_rlx_(&b->saw[1], weir_load_rlx_(&b->x));
        }
        meet(b, 2 * round);
        must(weir_load_rlx_(&b->saw[0]) == round ||
             weir_load_rlx_(&b->saw[1]) == round);
    }
}

/* Hazard B10. */
START_TEST(membarrier_orders_both_sides)
{
    static struct buffering b;

    if (!weir_membarrier_()) {
        support_skip("membarrier", "not here");
        return;
    }
    b.rounds = support_scaled(20000);
    support_threads(2, buffer_stores, &b);
}
END_TEST

static void barrier_often(unsigned index, void *arg)
{
    bool can = *(bool *)arg;

    (void)index;
    for (int i = 0; i < 200; i++)
        must(keeps_errno(weir_membarrier_()) == can);
}

START_TEST(membarrier_from_many)
{
    bool can = weir_membarrier_();

    support_threads(8, barrier_often, &can);
}
END_TEST

/* The sleeper of the next case, and whoever wakes it and looks. */
struct woken {
    WEIR_ATOMIC(uint32_t) tid;
    WEIR_ATOMIC(uint32_t) came; /* the round for which it is awake */
    WEIR_ATOMIC(uint32_t) go;   /* the round that is over */
    uint32_t rounds;
};

static void sleep_often(struct woken *w)
{
    weir_store_rel_(&w->tid, (uint32_t)support_tid());
    for (uint32_t i = 0; i < w->rounds; i++) {
        while (weir_load_acq_(&word) == i)
            (void)weir_futex_wait_(&word, i, WEIR_FOREVER, WEIR_BITS_ALL,
                                   false);
        weir_store_rel_(&w->came, i + 1);
        while (weir_load_acq_(&w->go) == i)
            sched_yield();
    }
}

static void wake_and_look(unsigned index, void *arg)
{
    struct woken *w = arg;
    pid_t tid;

    if (index == 0) {
        sleep_often(w);
        return;
    }
    while ((tid = (pid_t)weir_load_acq_(&w->tid)) == 0)
        sched_yield();
    for (uint32_t i = 0; i < w->rounds; i++) {
        while (!support_sleeps(tid, NULL))
            sched_yield();
        weir_store_rel_(&word, i + 1);
        weir_futex_wake_(&word, 1, WEIR_BITS_ALL, false);
        do
            must(!support_sleeps(tid, NULL));
        while (weir_load_acq_(&w->came) == i);
        weir_store_rel_(&w->go, i + 1);
    }
}

/* Of the kit, on which each test stands that catches a thread asleep: from the
 * moment at which a wake-up returns it does not find the one asleep that was
 * woken, although that may not run for a while. */
START_TEST(who_was_woken_is_not_found_asleep)
{
    struct woken w = {.rounds = support_scaled(10000)};

    weir_store_rlx_(&word, 0);
    support_threads(2, wake_and_look, &w);
}
END_TEST

int main(void)
{
    const char *executed = getenv(EXECUTED);
    Suite *suite;
    TCase *tcase;

    if (executed != NULL)
        return weir_membarrier_() == (executed[0] == '1') ? 0 : 1;
    suite = suite_create("sys");
    tcase = support_tcase(suite, "api");
    tcase_add_loop_test(tcase, changed_is_seen, 0, 2);
    tcase_add_loop_test(tcase, past_deadlines_expire, 0, 2);
    tcase_add_loop_test(tcase, deadlines_are_not_early, 0, 4);
    tcase_add_loop_test(tcase, wakes_as_many_as_told, 0, 2);
    tcase_add_loop_test(tcase, wakes_by_bits, 0, 2);
    tcase_add_loop_test(tcase, waking_nothing_is_harmless, 0, 2);
    tcase = support_tcase(suite, "timed");
    tcase_add_loop_test(tcase, slices_are_not_timeouts, 0, 4);
    tcase = support_tcase(suite, "signal");
    tcase_add_loop_test(tcase, signals_wake, 0, 2);
    tcase = support_tcase(suite, "process");
    tcase_add_test(tcase, shared_words_have_no_address);
    tcase = support_tcase(suite, "fork");
    tcase_add_loop_test(tcase, several_words_are_refused, 0, 3);
    tcase_add_test(tcase, several_words_are_refused_later);
    tcase_add_loop_test(tcase, refused_futexes_panic, 0,
                        sizeof(refusals) / sizeof(refusals[0]));
    tcase_add_test(tcase, sleeping_on_nothing_panics);
    tcase_add_loop_test(tcase, membarrier_refused, 0, 3);
    tcase_add_test(tcase, membarrier_where_the_kernel_can);
    tcase_add_test(tcase, membarrier_after_fork);
    tcase_add_test(tcase, membarrier_after_exec);
    tcase = support_tcase(suite, "contended");
    tcase_add_test(tcase, membarrier_orders_both_sides);
    tcase_add_test(tcase, membarrier_from_many);
    tcase_add_test(tcase, who_was_woken_is_not_found_asleep);
    return support_main(suite);
}
