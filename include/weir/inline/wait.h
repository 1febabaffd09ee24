/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * How items are made: by functions, so that the compiler checks what kind of
 * object it is.  Not an interface: include weir/wait.h.
 */
#ifndef WEIR_INLINE_WAIT_H
#define WEIR_INLINE_WAIT_H

#ifdef __cplusplus
extern "C" {
#endif

static inline weir_wait_item_t weir_wait_item_(unsigned kind, void *object,
                                               const void *element)
{
    weir_wait_item_t item;

    item.kind = kind;
    item.fd = -1;
    item.object = object;
    item.element = (void *)(uintptr_t)element;
    item.events = 0;
    item.revents = 0;
    return item;
}

static inline weir_wait_item_t weir_wait_on_mutex(weir_mutex_t *m)
{
    return weir_wait_item_(WEIR_WAIT_MUTEX, m, NULL);
}

static inline weir_wait_item_t weir_wait_on_sem(weir_sem_t *s)
{
    return weir_wait_item_(WEIR_WAIT_SEM, s, NULL);
}

static inline weir_wait_item_t weir_wait_on_event(weir_event_t *e)
{
    return weir_wait_item_(WEIR_WAIT_EVENT, e, NULL);
}

static inline weir_wait_item_t weir_wait_on_latch(weir_latch_t *l)
{
    return weir_wait_item_(WEIR_WAIT_LATCH, l, NULL);
}

/* The element is put where `to` points. */
static inline weir_wait_item_t weir_wait_on_get(weir_queue_t *q, void *to)
{
    return weir_wait_item_(WEIR_WAIT_GET, q, to);
}

/* The element is copied from where `from` points. */
static inline weir_wait_item_t weir_wait_on_put(weir_queue_t *q,
                                                const void *from)
{
    return weir_wait_item_(WEIR_WAIT_PUT, q, from);
}

static inline weir_wait_item_t weir_wait_on_not_empty(weir_queue_t *q)
{
    return weir_wait_item_(WEIR_WAIT_NOT_EMPTY, q, NULL);
}

static inline weir_wait_item_t weir_wait_on_not_full(weir_queue_t *q)
{
    return weir_wait_item_(WEIR_WAIT_NOT_FULL, q, NULL);
}

static inline weir_wait_item_t weir_wait_on_thread(weir_thread_t *t)
{
    return weir_wait_item_(WEIR_WAIT_THREAD, t, NULL);
}

static inline weir_wait_item_t weir_wait_on_token(weir_token_t *t)
{
    return weir_wait_item_(WEIR_WAIT_TOKEN, t, NULL);
}

/* events: POLLIN and so on, from poll.h. */
static inline weir_wait_item_t weir_wait_on_fd(int fd, unsigned events)
{
    weir_wait_item_t item = weir_wait_item_(WEIR_WAIT_FD, NULL, NULL);

    item.fd = fd;
    item.events = events;
    return item;
}

#ifdef __cplusplus
}
#endif

#endif
