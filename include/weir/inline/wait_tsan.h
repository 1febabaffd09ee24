/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Waiting for any of several things, as a program under ThreadSanitizer sees
 * it: what is put is released before, and the item that was ready is acquired.
 * Not an interface: include weir/wait.h; the macros are explained in
 * inline/mutex_tsan.h.
 *
 * A mutex is locked as by a try that succeeds, whoever built the library: what
 * the sanitizer knows of it are its calls.  Of all else it sees the orders itself
 * in a library that was built with it, and looks away in one that was not.
 */
#ifndef WEIR_INLINE_WAIT_TSAN_H
#define WEIR_INLINE_WAIT_TSAN_H

#ifdef __cplusplus
extern "C" {
#endif

static inline void weir_wait_begin_tsan_(const weir_wait_item_t *items,
                                         size_t n)
{
    for (size_t i = 0; i < n && n <= WEIR_WAIT_MAX; i++)
        if (items[i].kind == WEIR_WAIT_PUT && items[i].object != NULL) {
            weir_queue_t *q = (weir_queue_t *)items[i].object;

            __tsan_read_range(items[i].element, (long)q->ring.elem_size);
            __tsan_release(q);
        }
}

/* The item is a mutex, and locked. */
WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline void weir_wait_locked_tsan_(const weir_wait_item_t *item)
{
    weir_mutex_t *m = (weir_mutex_t *)item->object;

    weir_tsan_locking_(m, true);
    weir_tsan_locked_(m, true, false);
}

/* The item was ready; its call returned result. */
static inline void weir_wait_ready_tsan_(const weir_wait_item_t *item,
                                         int result)
{
    if (item->kind == WEIR_WAIT_TOKEN) {
        weir_token_acquire_tsan_((const weir_token_t *)item->object);
        return;
    }
    if (item->object != NULL)
        __tsan_acquire(item->object);
    if (item->kind == WEIR_WAIT_GET && result == 0)
        __tsan_write_range(
            item->element,
            (long)((weir_queue_t *)item->object)->ring.elem_size);
}

static inline int weir_wait_any_with_tsan_(weir_wait_item_t *items, size_t n,
                                           weir_deadline_t deadline,
                                           weir_token_t *token, size_t *index)
{
    size_t which = n;
    int result;

    if (weir_tsan_blind_()) {
        weir_wait_begin_tsan_(items, n);
        __tsan_mutex_pre_signal(items, 0);
        result = weir_wait_any_with(items, n, deadline, token, &which);
        __tsan_mutex_post_signal(items, 0);
    } else {
        result = weir_wait_any_with(items, n, deadline, token, &which);
    }
    if (which < n && items[which].kind == WEIR_WAIT_MUTEX)
        weir_wait_locked_tsan_(&items[which]);
    else if (which < n && weir_tsan_blind_())
        weir_wait_ready_tsan_(&items[which], result);
    if (index != NULL)
        *index = which;
    return weir_token_ended_tsan_(token, result);
}

static inline int weir_wait_any_tsan_(weir_wait_item_t *items, size_t n,
                                      weir_deadline_t deadline, size_t *index)
{
    return weir_wait_any_with_tsan_(items, n, deadline, NULL, index);
}

#define weir_wait_any weir_wait_any_tsan_
#define weir_wait_any_with weir_wait_any_with_tsan_

#ifdef __cplusplus
}
#endif

#endif
