/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue: attach, against headers that are no queue's, are cut short, or were
 * made to harm.  It may accept only what is consistent with the size that
 * the caller vouches for, reads nothing beyond it and writes nothing at all.
 * The memory ends at a page without access, and is a block of exactly its
 * size on the heap for the address sanitizer.
 */
#include <weir/queue.h>

#include <stdlib.h>
#include <string.h>

#include "support/support.h"
#include "test_queue_kit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define HEADER offsetof(weir_queue_t, cells)

static const struct {
    size_t capacity, elem_size;
} shapes[] = {{1, 1}, {4, 8}, {5, 8}, {8, 12}, {13, 65536}, {100, 24}};

/* A shared queue with an element in it, in memory before a guard page. */
static weir_queue_t *make(size_t capacity, size_t elem_size, size_t *memsize)
{
    unsigned char *e = calloc(1, elem_size);
    weir_queue_t *q;

    *memsize = weir_queue_memsize(capacity, elem_size);
    q = support_guarded(*memsize, true);
    must_eq(weir_queue_init(q, *memsize, capacity, elem_size, WEIR_SHARED), 0);
    must_eq(weir_queue_put(q, e), 0);
    free(e);
    return q;
}

/* What attach has to have made sure of, in the words of this test: the
 * header is that of a shared queue whose positions can be, and its cells are
 * inside memsize. */
static bool consistent(const weir_queue_t *q, const weir_queue_t *good,
                       size_t memsize)
{
    uint64_t cells = q->ring.mask + 1;

    if (weir_load_rlx_(&q->magic) != weir_load_rlx_(&good->magic) ||
        q->version != good->version || !(q->flags & WEIR_SHARED))
        return false;
    if (q->memsize > memsize || memsize < HEADER || q->capacity == 0 ||
        cells == 0 || (cells & (cells - 1)) != 0 || q->capacity > cells)
        return false;
    if (q->ring.elem_size == 0 || q->ring.elem_size > WEIR_QUEUE_ELEM_MAX ||
        q->ring.stride < 8 + q->ring.elem_size || q->ring.stride % 8 != 0)
        return false;
    if (q->ring.round != cells * WEIR_POSITION_ ||
        q->ring.lag != (cells - q->capacity) * WEIR_POSITION_)
        return false;
    if (weir_load_rlx_(&q->ring.head) % WEIR_POSITION_ != 0 ||
        weir_load_rlx_(&q->ring.tail) % 2 != 0)
        return false;
    return cells <= (memsize - HEADER) / q->ring.stride;
}

/* Attach; if that is accepted, it must be with reason, and the queries may
 * be asked. */
static int judge(weir_queue_t *q, const weir_queue_t *good, size_t memsize)
{
    int result = keeps_errno(weir_queue_attach(q, memsize));

    must(result == 0 || result == EINVAL);
    if (result != 0)
        return result;
    must(consistent(q, good, memsize));
    must(weir_queue_len(q) <= weir_queue_capacity(q));
    must_eq(weir_queue_capacity(q), q->capacity);
    must_eq(weir_queue_elem_size(q), q->ring.elem_size);
    (void)weir_queue_empty(q);
    (void)weir_queue_full(q);
    (void)weir_queue_closed(q);
    return 0;
}

/* --- good ones --- */

START_TEST(a_shared_queue_is_accepted)
{
    for (size_t i = 0; i < COUNT(shapes); i++) {
        size_t size;
        weir_queue_t *q = make(shapes[i].capacity, shapes[i].elem_size, &size);
        unsigned char *before = malloc(size), *e = malloc(65536);

        must(before != NULL && e != NULL);
        memcpy(before, q, size);
        must_eq(judge(q, q, size), 0);
        must_eq(judge(q, q, size + 1), 0);
        must_eq(judge(q, q, size + (1u << 30)), 0);
        must_eq(memcmp(before, q, size), 0);
        must_eq(weir_queue_len(q), 1);
        must_eq(weir_queue_get(q, e), 0);
        must_eq(weir_queue_close(q), 0);
        must_eq(judge(q, q, size), 0); /* closed ones too */
        free(before);
        free(e);
        support_guarded_drop(q, size);
    }
}
END_TEST

START_TEST(a_position_near_a_wrap_is_accepted) /* hazard B31 */
{
    static const uint64_t edges[] = {(uint64_t)1 << 31, (uint64_t)1 << 32,
                                     (uint64_t)1 << 63, 0};

    for (size_t i = 0; i < COUNT(edges); i++)
        for (uint64_t before = 0; before < 6; before++) {
            size_t size = weir_queue_memsize(3, 8);
            weir_queue_t *q = support_guarded(size, true);
            uint64_t e = 0;

            must_eq(weir_queue_init(q, size, 3, 8, WEIR_SHARED), 0);
            kit_preset(q, edges[i] - before * WEIR_POSITION_);
            for (; e < 3; e++) {
                must_eq(judge(q, q, size), 0);
                must_eq(weir_queue_put(q, &e), 0);
            }
            must_eq(judge(q, q, size), 0);
            support_guarded_drop(q, size);
        }
}
END_TEST

/* Positions move while attach looks at them. */
struct live {
    weir_queue_t *q;
    size_t size;
    unsigned attaches;
    bool over;
};

static void live_body(unsigned index, void *arg)
{
    struct live *l = arg;
    uint64_t e = 0;

    if (index > 0) {
        for (unsigned i = 0; !__atomic_load_n(&l->over, __ATOMIC_RELAXED); i++)
            (void)(i % 2 ? weir_queue_tryget(l->q, &e)
                         : weir_queue_tryput(l->q, &e));
        return;
    }
    for (unsigned i = 0; i < l->attaches; i++)
        must_eq(weir_queue_attach(l->q, l->size), 0);
    __atomic_store_n(&l->over, true, __ATOMIC_RELAXED);
}

START_TEST(a_queue_in_use_is_accepted)
{
    for (size_t capacity = 1; capacity <= 4; capacity++) {
        size_t size = weir_queue_memsize(capacity, 8);
        struct live l = {support_guarded(size, true), size,
                         support_scaled(300000u), false};

        must_eq(weir_queue_init(l.q, size, capacity, 8, WEIR_SHARED), 0);
        support_threads(3, live_body, &l);
        support_guarded_drop(l.q, size);
    }
}
END_TEST

/* --- bad ones --- */

START_TEST(a_private_queue_is_refused)
{
    size_t size = weir_queue_memsize(4, 8);
    weir_queue_t *q = support_guarded(size, false);
    weir_queue_t *created = kit_create(4, 8);

    must_eq(weir_queue_init(q, size, 4, 8, WEIR_PRIVATE), 0);
    must_eq(keeps_errno(weir_queue_attach(q, size)), EINVAL);
    must_eq(weir_queue_attach(created, size), EINVAL);
    kit_destroy(created);
    support_guarded_drop(q, size);
}
END_TEST

START_TEST(what_is_no_queue_is_refused)
{
    size_t size = weir_queue_memsize(4, 8);
    weir_queue_t *q = support_guarded(size, true);

    for (int byte = 0; byte < 256; byte++) {
        memset(q, byte, size);
        must_eq(keeps_errno(weir_queue_attach(q, size)), EINVAL);
    }
    support_guarded_drop(q, size);
}
END_TEST

/* More were got than put: nobody counts to 2^62 for that. */
START_TEST(positions_that_cannot_be_are_refused)
{
    size_t size;
    weir_queue_t *q = make(4, 8, &size);

    weir_store_rlx_(&q->ring.head,
                    weir_load_rlx_(&q->ring.tail) + WEIR_POSITION_);
    must_eq(judge(q, q, size), EINVAL);
    must_eq(weir_queue_len(q), 0);
    must(weir_queue_empty(q));
    must_eq(weir_queue_attach(NULL, size), EINVAL);
    support_guarded_drop(q, size);
}
END_TEST

START_TEST(other_magic_and_version_are_refused)
{
    size_t size;
    weir_queue_t *q = make(4, 8, &size);
    uint64_t magic = weir_load_rlx_(&q->magic);
    uint32_t version = q->version;

    for (unsigned i = 0; i < 64; i++) {
        weir_store_rlx_(&q->magic, magic ^ ((uint64_t)1 << i));
        must_eq(weir_queue_attach(q, size), EINVAL);
    }
    weir_store_rlx_(&q->magic, magic);
    for (unsigned i = 0; i < 32; i++) {
        q->version = version ^ (1u << i);
        must_eq(weir_queue_attach(q, size), EINVAL);
    }
    q->version = version;
    must_eq(weir_queue_attach(q, size), 0);
    support_guarded_drop(q, size);
}
END_TEST

START_TEST(a_crooked_address_is_refused)
{
    size_t size = weir_queue_memsize(4, 8);
    unsigned char *m = aligned_alloc(WEIR_QUEUE_ALIGN, size + WEIR_QUEUE_ALIGN);
    unsigned char *good = aligned_alloc(WEIR_QUEUE_ALIGN, size);

    must(m != NULL && good != NULL);
    must_eq(weir_queue_init((void *)good, size, 4, 8, WEIR_SHARED), 0);
    for (size_t offset = 1; offset < WEIR_QUEUE_ALIGN; offset++) {
        memcpy(m + offset, good, size);
        must_eq(weir_queue_attach((void *)(m + offset), size), EINVAL);
    }
    memcpy(m, good, size);
    must_eq(weir_queue_attach((void *)m, size), 0);
    free(m);
    free(good);
}
END_TEST

/* Memory that ends after `size` bytes of a good queue, wherever that is. */
static void truncate_on_heap(const weir_queue_t *good, size_t size)
{
    void *m = NULL;

    /* aligned_alloc would want a multiple. */
    must_eq(posix_memalign(&m, WEIR_QUEUE_ALIGN, size > 0 ? size : 1), 0);
    memcpy(m, good, size);
    must_eq(judge(m, good, size), EINVAL);
    free(m);
}

static void truncate_at_guard(const weir_queue_t *good, size_t size)
{
    void *m = support_guarded(size, true);

    memcpy(m, good, size);
    must_eq(judge(m, good, size), EINVAL);
    support_guarded_drop(m, size);
}

START_TEST(a_truncated_queue_is_refused)
{
    size_t full;
    weir_queue_t *good = make(5, 24, &full);

    for (size_t size = 0; size < full; size++) {
        truncate_on_heap(good, size);
        /* Only the size is short; the memory is all there. */
        must_eq(judge(good, good, size), EINVAL);
    }
    for (size_t size = WEIR_QUEUE_ALIGN; size < full; size += WEIR_QUEUE_ALIGN)
        truncate_at_guard(good, size);
    support_guarded_drop(good, full);
}
END_TEST

/* --- hostile ones --- */

/* Sizes to vouch for: none may lead beyond the memory, which is `full`. */
static void judge_at_sizes(weir_queue_t *q, const weir_queue_t *good,
                           size_t full)
{
    const size_t sizes[] = {
        full, full - 1, full - WEIR_QUEUE_ALIGN, HEADER, HEADER - 1, 8, 0};

    for (size_t i = 0; i < COUNT(sizes); i++)
        (void)judge(q, good, sizes[i]);
}

START_TEST(every_bit_and_byte_of_the_header)
{
    size_t full;
    weir_queue_t *good = make(shapes[_i].capacity, shapes[_i].elem_size, &full);
    weir_queue_t *q = support_guarded(full, true);
    unsigned char *bytes = (unsigned char *)q;

    memcpy(q, good, full);
    for (size_t at = 0; at < HEADER; at++) {
        unsigned char right = bytes[at];

        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[at] = (unsigned char)(right ^ (1u << bit));
            judge_at_sizes(q, good, full);
        }
        bytes[at] = 0;
        judge_at_sizes(q, good, full);
        bytes[at] = 0xff;
        judge_at_sizes(q, good, full);
        bytes[at] = right;
    }
    must_eq(judge(q, good, full), 0);
    support_guarded_drop(q, full);
    support_guarded_drop(good, full);
}
END_TEST

/* A value that somebody who wants an overflow would write. */
static uint64_t evil(support_random_t *random)
{
    uint64_t power = (uint64_t)1 << support_below(random, 64);

    switch (support_below(random, 6)) {
    case 0: return power;
    case 1: return power - 1;
    case 2: return power + 1;
    case 3: return -power;
    case 4: return support_below(random, 300);
    default: return support_next(random);
    }
}

static void write_evil(weir_queue_t *q, support_random_t *random)
{
    switch (support_below(random, 9)) {
    case 0: q->memsize = evil(random); break;
    case 1: q->capacity = evil(random); break;
    case 2: q->ring.mask = evil(random); break;
    case 3: q->ring.round = evil(random); break;
    case 4: q->ring.lag = evil(random); break;
    case 5: q->ring.elem_size = (uint32_t)evil(random); break;
    case 6: q->ring.stride = (uint32_t)evil(random); break;
    case 7: q->flags = (uint32_t)evil(random); break;
    default:
        ((unsigned char *)q)[support_below(random, (uint32_t)HEADER)] =
            (unsigned char)evil(random);
    }
}

/* A geometry that agrees with itself, of a queue that is not this one: the
 * cells of many of them would be outside. */
static void write_other_geometry(weir_queue_t *q, support_random_t *random)
{
    uint64_t cells = (uint64_t)1 << support_below(random, 64);

    q->ring.elem_size = support_below(random, WEIR_QUEUE_ELEM_MAX + 2);
    q->ring.stride = 8 + (q->ring.elem_size + 7) / 8 * 8;
    q->ring.mask = cells - 1;
    q->ring.round = cells * WEIR_POSITION_;
    q->capacity = cells - support_next(random) % (cells / 2 + 1);
    q->ring.lag = (cells - q->capacity) * WEIR_POSITION_;
    if (support_below(random, 2))
        q->memsize = HEADER + cells * q->ring.stride;
}

START_TEST(random_corruption)
{
    size_t full;
    weir_queue_t *good = make(shapes[_i].capacity, shapes[_i].elem_size, &full);
    weir_queue_t *q = support_guarded(full, true);
    support_random_t random = support_random((unsigned)_i);

    for (unsigned round = 0; round < support_scaled(200000u); round++) {
        memcpy(q, good, HEADER);
        if (support_below(&random, 2))
            write_other_geometry(q, &random);
        for (unsigned n = support_below(&random, 4); n > 0; n--)
            write_evil(q, &random);
        judge_at_sizes(q, good, full);
    }
    support_guarded_drop(q, full);
    support_guarded_drop(good, full);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("queue_attach");
    TCase *tcase = support_tcase(suite, "good");

    tcase_add_test(tcase, a_shared_queue_is_accepted);
    tcase_add_test(tcase, a_position_near_a_wrap_is_accepted);
    tcase_add_test(tcase, a_queue_in_use_is_accepted);

    tcase = support_tcase(suite, "misuse");
    tcase_add_test(tcase, a_private_queue_is_refused);
    tcase_add_test(tcase, what_is_no_queue_is_refused);
    tcase_add_test(tcase, other_magic_and_version_are_refused);
    tcase_add_test(tcase, positions_that_cannot_be_are_refused);
    tcase_add_test(tcase, a_crooked_address_is_refused);
    tcase_add_test(tcase, a_truncated_queue_is_refused);

    tcase = support_tcase(suite, "hostile");
    tcase_add_loop_test(tcase, every_bit_and_byte_of_the_header, 0,
                        COUNT(shapes));
    tcase_add_loop_test(tcase, random_corruption, 0, COUNT(shapes));
    return support_main(suite);
}
