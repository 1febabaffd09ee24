/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A user's program with queues, right and wrong, for ThreadSanitizer.
 */
#include "kit.h"

#define ITEMS 2000

struct item {
    long value;
    struct item *next;
};

/* More than fits the inline paths. */
struct large {
    struct item *item;
    char text[100];
};

static weir_queue_t *queue;
static long beside;
static struct item shared_item;
static long shared_buffer;

static struct item *make(long value)
{
    struct item *item = malloc(sizeof(*item));

    must(item != NULL);
    item->value = value;
    return item;
}

static void use(struct item *item)
{
    must(item->value > 0);
    item->value = 0;
    free(item);
}

static void set_up(size_t capacity, size_t size)
{
    must(weir_queue_create(&queue, capacity, size, 0) == 0);
}

/* -- Right -------------------------------------------------------------- */

/* What a pointer leads to goes with it; both sides sleep now and then. */
static void *put_pointers(void *arg)
{
    for (long i = 1; i <= ITEMS; i++) {
        struct item *item = make(i);

        if (i % 500 == 0)
            nap(1000000);
        must(weir_queue_put(queue, &item) == 0);
    }
    return arg;
}

static void *get_pointers(void *arg)
{
    for (long i = 1; i <= ITEMS; i++) {
        struct item *item;

        if (i % 700 == 0)
            nap(1000000);
        must(weir_queue_get(queue, &item) == 0);
        use(item);
    }
    return arg;
}

static void pointers(void)
{
    body_t *bodies[] = {put_pointers, put_pointers, get_pointers, get_pointers};

    set_up(8, sizeof(struct item *));
    together(4, bodies);
    weir_queue_destroy(queue);
}

/* Cells are used again and again, and copied by memcpy. */
static void *put_large(void *arg)
{
    for (long i = 1; i <= ITEMS; i++) {
        struct large e = {.item = make(i)};

        memset(e.text, (int)i, sizeof(e.text));
        if (i % 2 == 0)
            must(weir_queue_put_until(queue, &e, WEIR_FOREVER) == 0);
        else
            while (weir_queue_tryput(queue, &e) != 0)
                nap(1000);
    }
    return arg;
}

static void *get_large(void *arg)
{
    for (long i = 1; i <= ITEMS; i++) {
        struct large e;

        if (i % 2 == 0)
            must(weir_queue_get_until(queue, &e, WEIR_FOREVER) == 0);
        else
            while (weir_queue_tryget(queue, &e) != 0)
                nap(1000);
        must(e.text[0] == e.text[99]);
        use(e.item);
    }
    return arg;
}

static void large(void)
{
    body_t *bodies[] = {put_large, put_large, get_large, get_large};

    set_up(3, sizeof(struct large));
    together(4, bodies);
    weir_queue_destroy(queue);
}

static void *put_batches(void *arg)
{
    for (long i = 0; i < ITEMS; i += 10) {
        struct item *items[10];

        for (int k = 0; k < 10; k++)
            items[k] = make(i + k + 1);
        must(weir_queue_put_many(queue, items, 10, WEIR_FOREVER, NULL) == 0);
    }
    return arg;
}

static void *get_batches(void *arg)
{
    for (;;) {
        struct item *items[7];
        size_t n;
        int result = weir_queue_get_many(queue, items, 7, WEIR_FOREVER, &n);

        for (size_t k = 0; k < n; k++)
            use(items[k]);
        if (result == ESHUTDOWN)
            return arg;
        must(result == 0);
    }
}

static void *close_after_batches(void *arg)
{
    body_t *bodies[] = {put_batches, put_batches};

    together(2, bodies);
    beside = 1; /* before the close: those whom it sends away see it */
    weir_queue_close(queue);
    return arg;
}

static void *get_to_the_end(void *arg)
{
    (void)get_batches(arg);
    must(beside == 1);
    return arg;
}

static void batches(void)
{
    body_t *bodies[] = {close_after_batches, get_to_the_end, get_to_the_end};

    set_up(16, sizeof(struct item *));
    together(3, bodies);
    must(weir_queue_closed(queue));
    must(weir_queue_drain(queue, WEIR_FOREVER) == 0);
    weir_queue_destroy(queue);
}

/* In memory of one's own, found by looking into it. */
static _Alignas(WEIR_QUEUE_ALIGN) char memory[16384];

static void *initialise(void *arg)
{
    struct item *item = make(1);

    nap(1000000);
    queue = (weir_queue_t *)(void *)memory;
    must(weir_queue_init(queue, sizeof(memory), 4, sizeof(item), WEIR_SHARED) ==
         0);
    must(weir_queue_put(queue, &item) == 0);
    return arg;
}

static void *attach(void *arg)
{
    weir_queue_t *mine = (weir_queue_t *)(void *)memory;
    struct item *item;

    while (weir_queue_attach(mine, sizeof(memory)) != 0)
        nap(1000);
    must(weir_queue_get(mine, &item) == 0);
    use(item);
    return arg;
}

static void attached(void)
{
    both(initialise, attach);
}

/* -- Wrong -------------------------------------------------------------- */

/* The item belongs to the consumer once it has been put. */
static void *put_and_write(void *arg)
{
    struct item *item = &shared_item;

    must(weir_queue_put(queue, &item) == 0);
    apart();
    item->value++;
    return arg;
}

static void *get_and_write(void *arg)
{
    struct item *item;

    must(weir_queue_get(queue, &item) == 0);
    apart();
    item->value++;
    return arg;
}

static void race_after_put(void)
{
    set_up(4, sizeof(struct item *));
    both(put_and_write, get_and_write);
}

static void race_after_put_that_waits(void)
{
    struct item *item = &shared_item;

    set_up(1, sizeof(item));
    must(weir_queue_put(queue, &item) == 0);
    both(put_and_write, get_and_write);
}

/* Two threads get into one buffer. */
static void *get_into_shared(void *arg)
{
    apart();
    must(weir_queue_get(queue, &shared_buffer) == 0);
    return arg;
}

static void race_on_the_buffer(void)
{
    long value = 1;

    set_up(4, sizeof(value));
    must(weir_queue_put(queue, &value) == 0);
    must(weir_queue_put(queue, &value) == 0);
    both(get_into_shared, get_into_shared);
}

/* What is put is still being written. */
static void *put_shared(void *arg)
{
    apart();
    must(weir_queue_put(queue, &shared_buffer) == 0);
    return arg;
}

static void *write_shared(void *arg)
{
    apart();
    shared_buffer = 2;
    return arg;
}

static void race_on_the_element(void)
{
    set_up(4, sizeof(shared_buffer));
    both(put_shared, write_shared);
}

static void *find_empty(void *arg)
{
    long value;

    must(weir_queue_tryget(queue, &value) == EAGAIN);
    apart();
    beside++;
    return arg;
}

static void race_after_empty(void)
{
    set_up(4, sizeof(long));
    both(find_empty, find_empty);
}

int main(int argc, char **argv)
{
    static const struct test tests[] = {
        {"pointers", CLEAN, pointers},
        {"large", CLEAN, large},
        {"batches", CLEAN, batches},
        {"attached", CLEAN, attached},
        {"race_after_put", RACE, race_after_put},
        {"race_after_put_that_waits", RACE, race_after_put_that_waits},
        {"race_on_the_buffer", RACE, race_on_the_buffer},
        {"race_on_the_element", RACE, race_on_the_element},
        {"race_after_empty", RACE, race_after_empty},
    };

    return kit_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0]));
}
