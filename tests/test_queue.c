/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue: the contract of each call, one thread at a time.  What sleeps is in
 * test_queue_blocking.c, load in test_queue_stress.c, batches in
 * test_queue_many.c, close in test_queue_close.c.
 */
#include <weir/queue.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "support/support.h"
#include "test_panic_kit.h"
#include "test_queue_kit.h"

static const size_t capacities[] = {1,  2,   3,   4,    5,    6,    7,   8,
                                    9,  10,  11,  12,   13,   14,   15,  16,
                                    17, 100, 999, 1000, 1023, 1024, 1025};
static const size_t elem_sizes[] = {1,  2,   3,    4,    7,     8,    9,
                                    12, 15,  16,   17,   24,    63,   64,
                                    65, 127, 1000, 4096, 65535, 65536};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- api --- */

START_TEST(create_gives_what_was_asked_for)
{
    weir_queue_t *q = NULL;

    must_eq(keeps_errno(weir_queue_create(&q, 10, 24, WEIR_PRIVATE)), 0);
    must_eq((uintptr_t)q % WEIR_QUEUE_ALIGN, 0);
    must_eq(weir_queue_capacity(q), 10);
    must_eq(weir_queue_elem_size(q), 24);
    must_eq(weir_queue_len(q), 0);
    must(weir_queue_empty(q));
    must(!weir_queue_full(q));
    must(!weir_queue_closed(q));
    weir_queue_destroy(q);
    weir_queue_destroy(NULL);
}
END_TEST

START_TEST(create_refuses_bad_arguments)
{
    weir_queue_t *const before = (weir_queue_t *)(uintptr_t)0x10;
    weir_queue_t *q = before;

    must_eq(keeps_errno(weir_queue_create(&q, 0, 8, 0)), EINVAL);
    must_eq(weir_queue_create(&q, 8, 0, 0), EINVAL);
    must_eq(weir_queue_create(&q, 8, WEIR_QUEUE_ELEM_MAX + 1, 0), EINVAL);
    must_eq(weir_queue_create(&q, 8, SIZE_MAX, 0), EINVAL);
    must_eq(weir_queue_create(&q, SIZE_MAX, 8, 0), EINVAL);
    must_eq(weir_queue_create(&q, SIZE_MAX, SIZE_MAX, 0), EINVAL);
    must_eq(weir_queue_create(&q, 8, 8, WEIR_SHARED), EINVAL);
    must_eq(weir_queue_create(&q, 8, 8, 2), EINVAL);
    must_eq(weir_queue_create(&q, 8, 8, 0x80000000u), EINVAL);
    must(q == before);
}
END_TEST

START_TEST(create_reports_missing_memory)
{
    const size_t capacity = (size_t)1 << 44; /* 2^57 bytes and more */
    weir_queue_t *const before = (weir_queue_t *)(uintptr_t)0x10;
    weir_queue_t *q = before;
    bool possible = weir_queue_memsize(capacity, 8192) != 0;

#if SUPPORT_SANITIZED
    if (possible) {
        support_skip("ENOMEM", "the sanitizer's malloc aborts");
        return;
    }
#endif
    must_eq(keeps_errno(weir_queue_create(&q, capacity, 8192, 0)),
            possible ? ENOMEM : EINVAL);
    must(q == before);
}
END_TEST

START_TEST(memsize_is_a_multiple_and_grows)
{
    for (size_t i = 0; i < COUNT(capacities); i++)
        for (size_t k = 0; k < COUNT(elem_sizes); k++) {
            size_t size = weir_queue_memsize(capacities[i], elem_sizes[k]);

            must(size >= capacities[i] * elem_sizes[k]);
            must_eq(size % WEIR_QUEUE_ALIGN, 0);
            must(weir_queue_memsize(2 * capacities[i], elem_sizes[k]) >= size);
        }
}
END_TEST

START_TEST(memsize_is_zero_where_no_queue_can_be)
{
    must_eq(keeps_errno(weir_queue_memsize(0, 8)), 0);
    must_eq(weir_queue_memsize(8, 0), 0);
    must_eq(weir_queue_memsize(0, 0), 0);
    must_eq(weir_queue_memsize(1, WEIR_QUEUE_ELEM_MAX + 1), 0);
    must_eq(weir_queue_memsize(1, SIZE_MAX), 0);
    must_eq(weir_queue_memsize(SIZE_MAX, SIZE_MAX), 0);
    /* Every size whose cells alone take more than there are bytes. */
    for (unsigned shift = 0; shift < 12; shift++)
        for (size_t less = 0; less < 3; less++) {
            size_t capacity = (SIZE_MAX >> shift) - less;

            must_eq(weir_queue_memsize(capacity, 1u << (shift + 3)), 0);
            must_eq(weir_queue_memsize(capacity, WEIR_QUEUE_ELEM_MAX), 0);
        }
    must_eq(weir_queue_memsize(SIZE_MAX / 16, 1), 0);
    must_eq(weir_queue_memsize(SIZE_MAX / 16 + 2, 8), 0);
    must_eq(weir_queue_memsize(((size_t)1 << 60) + 1, 1), 0);
}
END_TEST

/* A failing init leaves the memory as it was. */
static void refuse_init(unsigned char *memory, size_t size, size_t offset,
                        size_t memsize, size_t capacity, size_t elem_size,
                        unsigned flags)
{
    memset(memory, 0xa5, size);
    must_eq(keeps_errno(weir_queue_init((void *)(memory + offset), memsize,
                                        capacity, elem_size, flags)),
            EINVAL);
    for (size_t i = 0; i < size; i++)
        must_eq(memory[i], 0xa5);
}

START_TEST(init_refuses_bad_arguments)
{
    size_t need = weir_queue_memsize(5, 8);
    size_t size = 2 * need;
    unsigned char *m = aligned_alloc(WEIR_QUEUE_ALIGN, size);

    must(m != NULL);
    refuse_init(m, size, 0, need - 1, 5, 8, 0);
    refuse_init(m, size, 0, 0, 5, 8, 0);
    refuse_init(m, size, 0, need, 6 * need, 8, 0);
    refuse_init(m, size, 0, need, 0, 8, 0);
    refuse_init(m, size, 0, need, 5, 0, 0);
    refuse_init(m, size, 0, need, 5, WEIR_QUEUE_ELEM_MAX + 1, 0);
    refuse_init(m, size, 0, SIZE_MAX, SIZE_MAX, 8, 0);
    refuse_init(m, size, 0, need, 5, 8, 2);
    refuse_init(m, size, 0, need, 5, 8, WEIR_SHARED | 0x80);
    for (size_t off = 1; off < WEIR_QUEUE_ALIGN; off++)
        refuse_init(m, size, off, need, 5, 8, 0);
    free(m);
}
END_TEST

START_TEST(init_uses_the_memory_it_was_given)
{
    for (unsigned flags = 0; flags <= WEIR_SHARED; flags++)
        for (size_t i = 0; i < COUNT(capacities); i++) {
            size_t need = weir_queue_memsize(capacities[i], 12);
            weir_queue_t *q = support_guarded(need, flags == WEIR_SHARED);
            unsigned char e[12] = {1};

            must_eq(
                keeps_errno(weir_queue_init(q, need, capacities[i], 12, flags)),
                0);
            for (size_t n = 0; n < capacities[i]; n++)
                must_eq(weir_queue_put(q, e), 0);
            must(weir_queue_full(q));
            support_guarded_drop(q, need);
        }
}
END_TEST

START_TEST(destroy_of_given_memory_panics)
{
    size_t need = weir_queue_memsize(2, 8);
    weir_queue_t *q = aligned_alloc(WEIR_QUEUE_ALIGN, need);
    pid_t child;

    must_eq(weir_queue_init(q, need, 2, 8, 0), 0);
    child = support_fork();
    if (child == 0) {
        weir_queue_destroy(q);
        support_exit();
    }
    support_reap_killed(child, SIGABRT);
    free(q);
}
END_TEST

static void destroy(void *q)
{
    weir_queue_destroy(q);
}

START_TEST(destroy_of_no_queue_panics)
{
    static struct weir_queue zeros;

    panic_must_say(destroy, &zeros, "weir_queue_destroy", &zeros, 0,
                   "did not make");
}
END_TEST

/* --- contents --- */

static void fill_to_the_brim(weir_queue_t *q, size_t capacity, uint64_t *serial)
{
    for (size_t i = 0; i < capacity; i++) {
        must_eq(weir_queue_len(q), i);
        must(!weir_queue_full(q));
        must_eq(keeps_errno(weir_queue_tryput(q, serial)), 0);
        must(!weir_queue_empty(q));
        ++*serial;
    }
    must(weir_queue_full(q));
    must_eq(weir_queue_len(q), capacity);
    must_eq(keeps_errno(weir_queue_tryput(q, serial)), EAGAIN);
    must_eq(keeps_errno(weir_queue_put_until(q, serial, WEIR_NOW)), ETIMEDOUT);
    must_eq(weir_queue_len(q), capacity);
}

static void empty_in_order(weir_queue_t *q, size_t count, uint64_t *expected)
{
    uint64_t e;

    for (size_t i = 0; i < count; i++) {
        must_eq(keeps_errno(weir_queue_tryget(q, &e)), 0);
        must_eq(e, (*expected)++);
        must(!weir_queue_full(q));
    }
    must(weir_queue_empty(q));
    must_eq(weir_queue_len(q), 0);
    e = 77;
    must_eq(keeps_errno(weir_queue_tryget(q, &e)), EAGAIN);
    must_eq(keeps_errno(weir_queue_get_until(q, &e, WEIR_NOW)), ETIMEDOUT);
    must_eq(e, 77);
}

START_TEST(capacity_is_exact_and_order_is_fifo)
{
    for (size_t i = 0; i < COUNT(capacities); i++) {
        weir_queue_t *q = kit_create(capacities[i], sizeof(uint64_t));
        uint64_t put = 1000, got = 1000, e;

        must_eq(weir_queue_capacity(q), capacities[i]);
        for (int lap = 0; lap < 5; lap++) {
            fill_to_the_brim(q, capacities[i], &put);
            empty_in_order(q, capacities[i], &got);
            /* Start the next lap elsewhere in the ring. */
            must_eq(weir_queue_put(q, &put), 0);
            put++;
            must_eq(weir_queue_get(q, &e), 0);
            must_eq(e, got++);
        }
        kit_destroy(q);
    }
}
END_TEST

/* Room for an element with guards around it, at an odd address. */
#define GUARD 64u
static void must_be_guards(const unsigned char *place, size_t size)
{
    for (size_t i = 0; i < GUARD; i++) {
        must_eq(place[i], 0xc3);
        must_eq(place[GUARD + size + i], 0xc3);
    }
}

static void bytes_survive(weir_queue_t *q, size_t size)
{
    unsigned char *from = malloc(size); /* exact: a sanitizer sees one more */
    unsigned char *place = malloc(GUARD + size + GUARD + 1);
    unsigned char *to = place + 1;

    must(from != NULL && place != NULL);
    for (size_t lap = 0; lap < 9; lap++) {
        for (size_t k = 0; k < 3; k++) {
            for (size_t i = 0; i < size; i++)
                from[i] = (unsigned char)(lap * 3 + k + i * 7 + (i >> 8));
            must_eq(weir_queue_put(q, from), 0);
        }
        for (size_t k = 0; k < 3; k++) {
            memset(to, 0xc3, GUARD + size + GUARD);
            must_eq(weir_queue_get(q, to + GUARD), 0);
            must_be_guards(to, size);
            for (size_t i = 0; i < size; i++)
                must_eq(to[GUARD + i],
                        (unsigned char)(lap * 3 + k + i * 7 + (i >> 8)));
        }
        memset(to, 0xc3, GUARD + size + GUARD);
        must_eq(weir_queue_tryget(q, to + GUARD), EAGAIN);
        for (size_t i = 0; i < GUARD + size + GUARD; i++)
            must_eq(to[i], 0xc3);
    }
    free(from);
    free(place);
}

START_TEST(elements_of_any_size_survive)
{
    for (size_t i = 0; i < COUNT(elem_sizes); i++)
        for (size_t capacity = 3; capacity <= 5; capacity++) {
            weir_queue_t *q = kit_create(capacity, elem_sizes[i]);

            bytes_survive(q, elem_sizes[i]);
            kit_destroy(q);
        }
}
END_TEST

START_TEST(destroy_frees_what_is_in_it) /* hazard B28 */
{
    for (size_t n = 0; n <= 5; n++)
        for (size_t start = 0; start < 9; start++) {
            weir_queue_t *q = kit_create(5, 24);
            unsigned char e[24] = {0};

            for (size_t i = 0; i < start; i++) {
                must_eq(weir_queue_put(q, e), 0);
                must_eq(weir_queue_get(q, e), 0);
            }
            for (size_t i = 0; i < n; i++)
                must_eq(weir_queue_put(q, e), 0);
            must_eq(weir_queue_len(q), n);
            kit_destroy(q);
        }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue");
    TCase *tcase = support_tcase(suite, "api");

    tcase_add_test(tcase, create_gives_what_was_asked_for);
    tcase_add_test(tcase, create_refuses_bad_arguments);
    tcase_add_test(tcase, create_reports_missing_memory);
    tcase_add_test(tcase, memsize_is_a_multiple_and_grows);
    tcase_add_test(tcase, memsize_is_zero_where_no_queue_can_be);
    tcase_add_test(tcase, init_refuses_bad_arguments);
    tcase_add_test(tcase, init_uses_the_memory_it_was_given);
    tcase_add_test(tcase, destroy_of_given_memory_panics);
    tcase_add_test(tcase, destroy_of_no_queue_panics);

    tcase = support_tcase(suite, "contents");
    tcase_add_test(tcase, capacity_is_exact_and_order_is_fifo);
    tcase_add_test(tcase, elements_of_any_size_survive);
    tcase_add_test(tcase, destroy_frees_what_is_in_it);
    return support_main(suite);
}
