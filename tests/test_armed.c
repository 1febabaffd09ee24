/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Events and queues as files: an eventfd that is armed is written to once, when
 * the event is set, when get or put would not block; never after disarm; and
 * programs that sleep in epoll miss nothing.
 */
#include <weir/event.h>
#include <weir/queue.h>

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "futex/armed.h"
#include "futex/eventcount.h"
#include "futex/revoke.h"
#include "support/support.h"

#define SLOTS 1024

static int new_file(void)
{
    int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

    must(fd >= 0);
    return fd;
}

/* How often it was written to since the last time. */
static unsigned read_file(int fd)
{
    uint64_t count = 0;

    return read(fd, &count, sizeof(count)) == sizeof(count) ? (unsigned)count
                                                            : 0;
}

/* --- api --- */

START_TEST(an_event_fires_once)
{
    weir_event_t event = WEIR_EVENT_INIT;
    int fd = new_file();

    must_eq(keeps_errno(weir_event_arm(&event, fd)), 0);
    must_eq(read_file(fd), 0);
    must_eq(keeps_errno(weir_event_arm(&event, fd)), EALREADY);
    must_eq(keeps_errno(weir_event_set(&event)), 0);
    must_eq(read_file(fd), 1);
    must_eq(weir_event_clear(&event), 0);
    must_eq(weir_event_set(&event), 0);
    must_eq(read_file(fd), 0);
    /* At once, if it is set. */
    must_eq(weir_event_arm(&event, fd), 0);
    must_eq(read_file(fd), 1);
    must_eq(keeps_errno(weir_event_disarm(&event, fd)), ESRCH);
    must_eq(weir_event_clear(&event), 0);
    must_eq(weir_event_arm(&event, fd), 0);
    must_eq(keeps_errno(weir_event_disarm(&event, fd)), 0);
    must_eq(weir_event_disarm(&event, fd), ESRCH);
    must_eq(weir_event_set(&event), 0);
    must_eq(read_file(fd), 0);
    must_eq(close(fd), 0);
}
END_TEST

START_TEST(several_files_and_several_events)
{
    weir_event_t events[3] = {WEIR_EVENT_INIT, WEIR_EVENT_INIT,
                              WEIR_EVENT_INIT};
    int fds[3];

    for (int i = 0; i < 3; i++) {
        fds[i] = new_file();
        for (int j = 0; j < 3; j++)
            must_eq(weir_event_arm(&events[j], fds[i]), 0);
    }
    must_eq(weir_event_disarm(&events[1], fds[2]), 0);
    must_eq(weir_event_set(&events[1]), 0);
    must_eq(read_file(fds[0]), 1);
    must_eq(read_file(fds[1]), 1);
    must_eq(read_file(fds[2]), 0);
    must_eq(weir_event_set(&events[0]), 0);
    must_eq(weir_event_set(&events[2]), 0);
    for (int i = 0; i < 3; i++) {
        must_eq(read_file(fds[i]), 2);
        must_eq(close(fds[i]), 0);
    }
}
END_TEST

static weir_queue_t *new_queue(void)
{
    weir_queue_t *q;

    must_eq(weir_queue_create(&q, 2, 8, 0), 0);
    return q;
}

START_TEST(a_queue_fires_on_each_side)
{
    weir_queue_t *q = new_queue();
    uint64_t element = 5;
    int stock = new_file();
    int room = new_file();

    must_eq(keeps_errno(weir_queue_arm_not_empty(q, stock)), 0);
    must_eq(keeps_errno(weir_queue_arm_not_empty(q, stock)), EALREADY);
    must_eq(keeps_errno(weir_queue_arm_not_full(q, room)), 0);
    must_eq(read_file(room), 1); /* there is */
    must_eq(read_file(stock), 0);
    must_eq(weir_queue_put(q, &element), 0);
    must_eq(read_file(stock), 1);
    must_eq(weir_queue_put(q, &element), 0);
    must_eq(read_file(stock), 0);
    must_eq(weir_queue_arm_not_full(q, room), 0);
    must_eq(read_file(room), 0);
    must_eq(weir_queue_get(q, &element), 0);
    must_eq(read_file(room), 1);
    must_eq(weir_queue_put(q, &element), 0);
    must_eq(weir_queue_arm_not_full(q, room), 0);
    must_eq(keeps_errno(weir_queue_disarm_not_full(q, room)), 0);
    must_eq(keeps_errno(weir_queue_disarm_not_full(q, room)), ESRCH);
    must_eq(weir_queue_get(q, &element), 0);
    must_eq(weir_queue_get(q, &element), 0);
    must_eq(read_file(room), 0);
    must_eq(weir_queue_arm_not_empty(q, stock), 0);
    must_eq(keeps_errno(weir_queue_disarm_not_empty(q, stock)), 0);
    /* Closing. */
    must_eq(weir_queue_arm_not_empty(q, stock), 0);
    must_eq(weir_queue_close(q), 0);
    must_eq(read_file(stock), 1);
    must_eq(weir_queue_arm_not_empty(q, stock), 0);
    must_eq(weir_queue_arm_not_full(q, room), 0);
    must_eq(read_file(stock), 1);
    must_eq(read_file(room), 1);
    must_eq(weir_queue_disarm_not_empty(q, stock), ESRCH);
    /* Nobody is counted any more, for whom there would be calls. */
    must(!weir_eventcount_has_sleepers_(&q->not_empty));
    must(!weir_eventcount_has_sleepers_(&q->not_full));
    weir_queue_destroy(q);
    must_eq(close(stock), 0);
    must_eq(close(room), 0);
}
END_TEST

START_TEST(bad_arguments_change_nothing)
{
    size_t size = weir_queue_memsize(2, 8);
    weir_queue_t *q = aligned_alloc(WEIR_QUEUE_ALIGN, size);
    weir_event_t event;

    must(q != NULL);
    must_eq(weir_queue_init(q, size, 2, 8, WEIR_SHARED), 0);
    must_eq(weir_event_init(&event, WEIR_SHARED), 0);
    must_eq(keeps_errno(weir_event_arm(&event, 0)), EINVAL);
    must_eq(keeps_errno(weir_queue_arm_not_empty(q, 0)), EINVAL);
    must_eq(keeps_errno(weir_queue_arm_not_full(q, 0)), EINVAL);
    must_eq(weir_queue_init(q, size, 2, 8, 0), 0);
    must_eq(weir_event_init(&event, 0), 0);
    must_eq(keeps_errno(weir_event_arm(&event, -1)), EINVAL);
    must_eq(keeps_errno(weir_queue_arm_not_empty(q, -1)), EINVAL);
    must_eq(keeps_errno(weir_queue_arm_not_full(q, -1)), EINVAL);
    free(q);
}
END_TEST

/* A kernel without membarrier is one thing, and one that refuses it when files
 * may be missed already another. */
START_TEST(without_membarrier)
{
    uint64_t element = 1;
    weir_queue_t *q;
    int fd = new_file();

    weir_revoke_for_test_(_i == 0 ? WEIR_REVOKE_REFUSED_EARLY
                                  : WEIR_REVOKE_REAL);
    q = new_queue();
    if (_i == 1)
        weir_revoke_for_test_(WEIR_REVOKE_REFUSED_LATE);
    must_eq(keeps_errno(weir_queue_arm_not_empty(q, fd)),
            _i == 0 ? 0 : EOPNOTSUPP);
    must_eq(weir_queue_put(q, &element), 0);
    must_eq(read_file(fd), _i == 0 ? 1 : 0);
    must_eq(weir_queue_disarm_not_empty(q, fd), ESRCH);
    weir_queue_destroy(q);
    must_eq(close(fd), 0);
    weir_revoke_for_test_(WEIR_REVOKE_REAL);
}
END_TEST

/* A thousand and 24, and not one more. */
START_TEST(the_table_is_full)
{
    static weir_event_t events[SLOTS + 1];
    int fd = new_file();

    for (int i = 0; i < SLOTS; i++)
        must_eq(weir_event_arm(&events[i], fd), 0);
    must_eq(keeps_errno(weir_event_arm(&events[SLOTS], fd)), EAGAIN);
    must_eq(weir_event_set(&events[SLOTS]), 0);
    must_eq(read_file(fd), 0);
    must_eq(weir_event_set(&events[SLOTS / 2]), 0);
    must_eq(weir_event_clear(&events[SLOTS]), 0);
    must_eq(weir_event_arm(&events[SLOTS], fd), 0);
    for (int i = 0; i <= SLOTS; i++)
        must_eq(weir_event_set(&events[i]), 0);
    must_eq(read_file(fd), SLOTS + 1);
    must_eq(close(fd), 0);
}
END_TEST

/* A file that is not open, or full, harms nobody. */
START_TEST(files_that_take_nothing)
{
    weir_event_t event = WEIR_EVENT_INIT;
    uint64_t most = UINT64_MAX - 1;
    int fd = new_file();

    must_eq(weir_event_arm(&event, 1000000), 0);
    must_eq(keeps_errno(weir_event_set(&event)), 0);
    must_eq(weir_event_clear(&event), 0);
    must_eq(write(fd, &most, sizeof(most)), sizeof(most));
    must_eq(weir_event_arm(&event, fd), 0);
    must_eq(keeps_errno(weir_event_set(&event)), 0);
    must_eq(close(fd), 0);
}
END_TEST

/* --- beside threads that sleep --- */

static void get_one(unsigned index, void *arg)
{
    uint64_t element;

    (void)index;
    must_eq(weir_queue_get(arg, &element), 0);
}

static void wait_for_event(unsigned index, void *arg)
{
    (void)index;
    must_eq(weir_event_wait(arg), 0);
}

START_TEST(files_beside_sleepers)
{
    weir_event_t event = WEIR_EVENT_INIT;
    weir_queue_t *q = new_queue();
    support_group_t group;
    uint64_t element = 3;
    int fd = new_file();

    for (int i = 0; i < 2; i++) {
        if (i == 0)
            must_eq(weir_queue_arm_not_empty(q, fd), 0);
        support_group_start(&group, 1, get_one, q);
        (void)support_await_sleep(group.tids[0]);
        if (i == 1)
            must_eq(weir_queue_arm_not_empty(q, fd), 0);
        must_eq(weir_queue_put(q, &element), 0);
        support_group_join(&group);
        must_eq(read_file(fd), 1);
    }
    must_eq(weir_event_arm(&event, fd), 0);
    support_group_start(&group, 1, wait_for_event, &event);
    (void)support_await_sleep(group.tids[0]);
    must_eq(weir_event_set(&event), 0);
    support_group_join(&group);
    must_eq(read_file(fd), 1);
    weir_queue_destroy(q);
    must_eq(close(fd), 0);
}
END_TEST

/* --- in a signal handler --- */

static weir_event_t signalled;

static void set_it(int signal)
{
    (void)signal;
    (void)weir_event_set(&signalled);
}

START_TEST(set_by_a_handler)
{
    struct sigaction action = {.sa_handler = set_it};
    int fd = new_file();

    must_eq(sigaction(SIGUSR2, &action, NULL), 0);
    for (int i = 0; i < 100; i++) {
        must_eq(weir_event_arm(&signalled, fd), 0);
        must_eq(raise(SIGUSR2), 0);
        must_eq(read_file(fd), 1);
        must_eq(weir_event_clear(&signalled), 0);
    }
    must_eq(close(fd), 0);
}
END_TEST

/* --- races --- */

struct stream {
    weir_queue_t *q;
    long count;
    int done;
};

static void put_all(struct stream *s, support_random_t *random)
{
    for (long i = 0; i < s->count; i++) {
        uint64_t element = (uint64_t)i;

        must_eq(weir_queue_put(s->q, &element), 0);
        support_progress();
        if (support_below(random, 16) == 0)
            support_jitter(random);
    }
}

/* As an event loop does: it sleeps in epoll alone. */
static void get_all(struct stream *s)
{
    struct epoll_event wanted = {.events = EPOLLIN}, got;
    int loop = epoll_create1(EPOLL_CLOEXEC);
    int fd = new_file();
    uint64_t element;
    long next = 0;

    must_eq(epoll_ctl(loop, EPOLL_CTL_ADD, fd, &wanted), 0);
    must_eq(weir_queue_arm_not_empty(s->q, fd), 0);
    while (next < s->count) {
        int n = epoll_wait(loop, &got, 1, -1);

        if (n <= 0)
            continue;
        must(read_file(fd) > 0);
        while (weir_queue_tryget(s->q, &element) == 0)
            must_eq(element, next++);
        must_eq(weir_queue_arm_not_empty(s->q, fd), 0);
    }
    (void)weir_queue_disarm_not_empty(s->q, fd);
    must_eq(close(fd), 0);
    must_eq(close(loop), 0);
}

static void run_stream(unsigned index, void *arg)
{
    support_random_t random = support_random(index);

    if (index == 0)
        put_all(arg, &random);
    else
        get_all(arg);
}

START_TEST(an_event_loop_misses_nothing)
{
    struct stream s = {.q = new_queue(), .count = support_scaled(30000)};

    support_threads(2, run_stream, &s);
    weir_queue_destroy(s.q);
}
END_TEST

/* Nobody writes to a file that was disarmed: it is another's by then. */
static void set_and_clear(unsigned index, void *arg)
{
    struct stream *s = arg;
    static weir_event_t event;
    static int fd = -1;
    weir_deadline_t end = weir_after(6000000000); /* fewer where it is slow */

    if (index == 0) {
        while (!__atomic_load_n(&s->done, __ATOMIC_RELAXED)) {
            must_eq(weir_event_set(&event), 0);
            must_eq(weir_event_clear(&event), 0);
        }
        return;
    }
    fd = new_file();
    for (long i = 0; i < s->count && weir_now() < end; i++) {
        support_note("round %lu", (unsigned long)i, 0);
        must_eq(weir_event_arm(&event, fd), 0);
        if (i % 3 == 0)
            sched_yield();
        (void)weir_event_disarm(&event, fd);
        (void)read_file(fd);
        sched_yield();
        must_eq(read_file(fd), 0);
    }
    __atomic_store_n(&s->done, 1, __ATOMIC_RELAXED);
    must_eq(close(fd), 0);
}

START_TEST(nobody_writes_after_disarm)
{
    struct stream s = {.count = support_scaled(20000)};

    support_threads(2, set_and_clear, &s);
}
END_TEST

/* --- fork --- */

START_TEST(a_child_has_none)
{
    weir_event_t event = WEIR_EVENT_INIT;
    int fd = new_file();
    pid_t child;

    must_eq(weir_event_arm(&event, fd), 0);
    child = support_fork();
    if (child == 0) {
        must_eq(weir_event_set(&event), 0);
        must_eq(weir_event_disarm(&event, fd), ESRCH);
        support_exit();
    }
    support_reap(child);
    must_eq(read_file(fd), 0);
    must_eq(weir_event_set(&event), 0);
    must_eq(read_file(fd), 1);
    must_eq(close(fd), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("armed");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_test(tcase, an_event_fires_once);
    tcase_add_test(tcase, several_files_and_several_events);
    tcase_add_test(tcase, a_queue_fires_on_each_side);
    tcase_add_test(tcase, bad_arguments_change_nothing);
    tcase_add_loop_test(tcase, without_membarrier, 0, 2);
    tcase_add_test(tcase, the_table_is_full);
    tcase_add_test(tcase, files_that_take_nothing);
    tcase = support_tcase(suite, "contended");
    tcase_add_test(tcase, files_beside_sleepers);
    tcase_add_test(tcase, set_by_a_handler);
    tcase_add_test(tcase, an_event_loop_misses_nothing);
    tcase_add_test(tcase, nobody_writes_after_disarm);
    tcase = support_tcase(suite, "process");
    tcase_add_test(tcase, a_child_has_none);
    return support_main(suite);
}
