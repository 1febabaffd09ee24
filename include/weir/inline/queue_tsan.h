/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The queue, as a program under ThreadSanitizer sees it, if the library was
 * built without: whoever puts releases, and whoever gets acquires.  Not an
 * interface: include weir/queue.h; the macros are explained in
 * inline/mutex_tsan.h.
 *
 * In each call the sanitizer looks away, from the inline paths too: it would
 * see copies into cells (memcpy is its own) and not what orders them.  For
 * the same reason the caller's elements are touched here, where it looks.
 */
#ifndef WEIR_INLINE_QUEUE_TSAN_H
#define WEIR_INLINE_QUEUE_TSAN_H

#ifdef __cplusplus
extern "C" {
#endif

/* What compilers call for an access of some size, declared as gcc does it by
 * itself (in GNU C++ anything else is an error).  An access byte by byte
 * would be forgotten again: the sanitizer remembers four for each 8 bytes. */
void __tsan_read_range(void *address, long bytes);
void __tsan_write_range(void *address, long bytes);

static inline void weir_queue_putting_tsan_(weir_queue_t *q, const void *e,
                                            size_t n)
{
    __tsan_read_range((void *)(uintptr_t)e, (long)(n * q->ring.elem_size));
    __tsan_release(q);
    __tsan_mutex_pre_signal(q, 0);
}

static inline void weir_queue_done_tsan_(weir_queue_t *q, int result)
{
    __tsan_mutex_post_signal(q, 0);
    /* Who closed it did something before. */
    if (result == ESHUTDOWN)
        __tsan_acquire(q);
}

static inline void weir_queue_got_tsan_(weir_queue_t *q, void *e, size_t n,
                                        int result)
{
    weir_queue_done_tsan_(q, result);
    if (n > 0) {
        __tsan_acquire(q);
        __tsan_write_range(e, (long)(n * q->ring.elem_size));
    }
}

static inline int weir_queue_init_tsan_(weir_queue_t *q, size_t memsize,
                                        size_t capacity, size_t elem_size,
                                        unsigned flags)
{
    int result = weir_queue_init(q, memsize, capacity, elem_size, flags);

    if (result == 0 && weir_tsan_blind_())
        __tsan_release(q);
    return result;
}

static inline int weir_queue_attach_tsan_(weir_queue_t *q, size_t memsize)
{
    int result = weir_queue_attach(q, memsize);

    if (result == 0 && weir_tsan_blind_())
        __tsan_acquire(q);
    return result;
}

static inline int weir_queue_put_tsan_(weir_queue_t *q, const void *e)
{
    int result;

    if (!weir_tsan_blind_())
        return weir_queue_put(q, e);
    weir_queue_putting_tsan_(q, e, 1);
    result = weir_queue_put(q, e);
    weir_queue_done_tsan_(q, result);
    return result;
}

static inline int weir_queue_tryput_tsan_(weir_queue_t *q, const void *e)
{
    int result;

    if (!weir_tsan_blind_())
        return weir_queue_tryput(q, e);
    weir_queue_putting_tsan_(q, e, 1);
    result = weir_queue_tryput(q, e);
    weir_queue_done_tsan_(q, result);
    return result;
}

static inline int weir_queue_put_until_tsan_(weir_queue_t *q, const void *e,
                                             weir_deadline_t deadline)
{
    int result;

    if (!weir_tsan_blind_())
        return weir_queue_put_until(q, e, deadline);
    weir_queue_putting_tsan_(q, e, 1);
    result = weir_queue_put_until(q, e, deadline);
    weir_queue_done_tsan_(q, result);
    return result;
}

static inline int weir_queue_put_with_tsan_(weir_queue_t *q, const void *e,
                                            weir_deadline_t deadline,
                                            weir_token_t *token)
{
    int result;

    if (!weir_tsan_blind_())
        return weir_token_ended_tsan_(
            token, weir_queue_put_with(q, e, deadline, token));
    weir_queue_putting_tsan_(q, e, 1);
    result = weir_token_ended_tsan_(token,
                                    weir_queue_put_with(q, e, deadline, token));
    weir_queue_done_tsan_(q, result);
    return result;
}

static inline int weir_queue_put_many_tsan_(weir_queue_t *q, const void *e,
                                            size_t n, weir_deadline_t deadline,
                                            size_t *done)
{
    int result;

    if (!weir_tsan_blind_())
        return weir_queue_put_many(q, e, n, deadline, done);
    weir_queue_putting_tsan_(q, e, n);
    result = weir_queue_put_many(q, e, n, deadline, done);
    weir_queue_done_tsan_(q, result);
    return result;
}

static inline int weir_queue_put_many_with_tsan_(weir_queue_t *q, const void *e,
                                                 size_t n,
                                                 weir_deadline_t deadline,
                                                 weir_token_t *token,
                                                 size_t *done)
{
    int result;

    if (!weir_tsan_blind_())
        return weir_token_ended_tsan_(
            token, weir_queue_put_many_with(q, e, n, deadline, token, done));
    weir_queue_putting_tsan_(q, e, n);
    result = weir_token_ended_tsan_(
        token, weir_queue_put_many_with(q, e, n, deadline, token, done));
    weir_queue_done_tsan_(q, result);
    return result;
}

static inline int weir_queue_get_tsan_(weir_queue_t *q, void *e)
{
    int result;

    if (!weir_tsan_blind_())
        return weir_queue_get(q, e);
    __tsan_mutex_pre_signal(q, 0);
    result = weir_queue_get(q, e);
    weir_queue_got_tsan_(q, e, result == 0, result);
    return result;
}

static inline int weir_queue_tryget_tsan_(weir_queue_t *q, void *e)
{
    int result;

    if (!weir_tsan_blind_())
        return weir_queue_tryget(q, e);
    __tsan_mutex_pre_signal(q, 0);
    result = weir_queue_tryget(q, e);
    weir_queue_got_tsan_(q, e, result == 0, result);
    return result;
}

static inline int weir_queue_get_until_tsan_(weir_queue_t *q, void *e,
                                             weir_deadline_t deadline)
{
    int result;

    if (!weir_tsan_blind_())
        return weir_queue_get_until(q, e, deadline);
    __tsan_mutex_pre_signal(q, 0);
    result = weir_queue_get_until(q, e, deadline);
    weir_queue_got_tsan_(q, e, result == 0, result);
    return result;
}

static inline int weir_queue_get_with_tsan_(weir_queue_t *q, void *e,
                                            weir_deadline_t deadline,
                                            weir_token_t *token)
{
    int result;

    if (!weir_tsan_blind_())
        return weir_token_ended_tsan_(
            token, weir_queue_get_with(q, e, deadline, token));
    __tsan_mutex_pre_signal(q, 0);
    result = weir_token_ended_tsan_(token,
                                    weir_queue_get_with(q, e, deadline, token));
    weir_queue_got_tsan_(q, e, result == 0, result);
    return result;
}

static inline int weir_queue_get_many_tsan_(weir_queue_t *q, void *e, size_t n,
                                            weir_deadline_t deadline,
                                            size_t *done)
{
    size_t got = 0;
    int result;

    if (!weir_tsan_blind_())
        return weir_queue_get_many(q, e, n, deadline, done);
    __tsan_mutex_pre_signal(q, 0);
    result = weir_queue_get_many(q, e, n, deadline, &got);
    weir_queue_got_tsan_(q, e, got, result);
    if (done != NULL)
        *done = got;
    return result;
}

static inline int weir_queue_get_many_with_tsan_(weir_queue_t *q, void *e,
                                                 size_t n,
                                                 weir_deadline_t deadline,
                                                 weir_token_t *token,
                                                 size_t *done)
{
    size_t got = 0;
    int result;

    if (!weir_tsan_blind_())
        return weir_token_ended_tsan_(
            token, weir_queue_get_many_with(q, e, n, deadline, token, done));
    __tsan_mutex_pre_signal(q, 0);
    result = weir_token_ended_tsan_(
        token, weir_queue_get_many_with(q, e, n, deadline, token, &got));
    weir_queue_got_tsan_(q, e, got, result);
    if (done != NULL)
        *done = got;
    return result;
}

static inline int weir_queue_close_tsan_(weir_queue_t *q)
{
    if (weir_tsan_blind_())
        __tsan_release(q);
    return weir_queue_close(q);
}

static inline int weir_queue_drain_tsan_(weir_queue_t *q,
                                         weir_deadline_t deadline)
{
    int result = weir_queue_drain(q, deadline);

    if (result == 0 && weir_tsan_blind_())
        __tsan_acquire(q);
    return result;
}

static inline int weir_queue_drain_with_tsan_(weir_queue_t *q,
                                              weir_deadline_t deadline,
                                              weir_token_t *token)
{
    int result = weir_token_ended_tsan_(
        token, weir_queue_drain_with(q, deadline, token));

    if (result == 0 && weir_tsan_blind_())
        __tsan_acquire(q);
    return result;
}

static inline bool weir_queue_closed_tsan_(const weir_queue_t *q)
{
    bool closed = weir_queue_closed(q);

    if (closed && weir_tsan_blind_())
        __tsan_acquire((void *)(uintptr_t)q);
    return closed;
}

#define weir_queue_init weir_queue_init_tsan_
#define weir_queue_attach weir_queue_attach_tsan_
#define weir_queue_put weir_queue_put_tsan_
#define weir_queue_tryput weir_queue_tryput_tsan_
#define weir_queue_put_until weir_queue_put_until_tsan_
#define weir_queue_put_with weir_queue_put_with_tsan_
#define weir_queue_put_many weir_queue_put_many_tsan_
#define weir_queue_put_many_with weir_queue_put_many_with_tsan_
#define weir_queue_get weir_queue_get_tsan_
#define weir_queue_tryget weir_queue_tryget_tsan_
#define weir_queue_get_until weir_queue_get_until_tsan_
#define weir_queue_get_with weir_queue_get_with_tsan_
#define weir_queue_get_many weir_queue_get_many_tsan_
#define weir_queue_get_many_with weir_queue_get_many_with_tsan_
#define weir_queue_close weir_queue_close_tsan_
#define weir_queue_drain weir_queue_drain_tsan_
#define weir_queue_drain_with weir_queue_drain_with_tsan_
#define weir_queue_closed weir_queue_closed_tsan_

#ifdef __cplusplus
}
#endif

#endif
