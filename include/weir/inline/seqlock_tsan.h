/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The seqlock, as a program under ThreadSanitizer sees it, if the library was
 * built without: who ends a write releases, and who begins to write or to read
 * acquires.  Not an interface: include weir/seqlock.h; the macros are explained
 * in inline/mutex_tsan.h.
 *
 * The copying is inline in the program, where the sanitizer sees that it is
 * atomic; that of weir_seqlock_read and _write, and of their forms with a
 * deadline and a token, is done here for that.
 */
#ifndef WEIR_INLINE_SEQLOCK_TSAN_H
#define WEIR_INLINE_SEQLOCK_TSAN_H

#ifdef __cplusplus
extern "C" {
#endif

static inline void weir_seqlock_acquire_tsan_(weir_seqlock_t *s)
{
    if (weir_tsan_blind_())
        __tsan_acquire(s);
}

static inline int weir_seqlock_entered_tsan_(weir_seqlock_t *s, int result)
{
    if (result == 0)
        weir_seqlock_acquire_tsan_(s);
    return result;
}

static inline int weir_seqlock_write_begin_tsan_(weir_seqlock_t *s)
    WEIR_ACQUIRE(s);
static inline int weir_seqlock_trywrite_begin_tsan_(weir_seqlock_t *s)
    WEIR_TRY_ACQUIRE(0, s);
static inline int weir_seqlock_write_begin_until_tsan_(weir_seqlock_t *s,
                                                       weir_deadline_t deadline)
    WEIR_TRY_ACQUIRE(0, s);
static inline int weir_seqlock_write_begin_with_tsan_(weir_seqlock_t *s,
                                                      weir_deadline_t deadline,
                                                      weir_token_t *token)
    WEIR_TRY_ACQUIRE(0, s);
static inline int weir_seqlock_write_end_tsan_(weir_seqlock_t *s)
    WEIR_RELEASE(s);

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_seqlock_write_begin_tsan_(weir_seqlock_t *s)
{
    return weir_seqlock_entered_tsan_(s, weir_seqlock_write_begin(s));
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_seqlock_trywrite_begin_tsan_(weir_seqlock_t *s)
{
    return weir_seqlock_entered_tsan_(s, weir_seqlock_trywrite_begin(s));
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_seqlock_write_begin_until_tsan_(weir_seqlock_t *s,
                                                       weir_deadline_t deadline)
{
    return weir_seqlock_entered_tsan_(
        s, weir_seqlock_write_begin_until(s, deadline));
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_seqlock_write_begin_with_tsan_(weir_seqlock_t *s,
                                                      weir_deadline_t deadline,
                                                      weir_token_t *token)
{
    return weir_seqlock_entered_tsan_(
        s, weir_token_ended_tsan_(
               token, weir_seqlock_write_begin_with(s, deadline, token)));
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_seqlock_write_end_tsan_(weir_seqlock_t *s)
{
    if (weir_tsan_blind_())
        __tsan_release(s);
    return weir_seqlock_write_end(s);
}

static inline uint64_t weir_seqlock_read_begin_tsan_(weir_seqlock_t *s)
{
    uint64_t begun = weir_seqlock_read_begin(s);

    weir_seqlock_acquire_tsan_(s);
    return begun;
}

static inline int weir_seqlock_read_begin_until_tsan_(weir_seqlock_t *s,
                                                      weir_deadline_t deadline,
                                                      uint64_t *begun)
{
    return weir_seqlock_entered_tsan_(
        s, weir_seqlock_read_begin_until(s, deadline, begun));
}

static inline int weir_seqlock_read_begin_with_tsan_(weir_seqlock_t *s,
                                                     weir_deadline_t deadline,
                                                     weir_token_t *token,
                                                     uint64_t *begun)
{
    return weir_seqlock_entered_tsan_(
        s, weir_token_ended_tsan_(
               token, weir_seqlock_read_begin_with(s, deadline, token, begun)));
}

/* A past deadline, or a token that was cancelled, ends it after a try. */
static inline int weir_seqlock_over_tsan_(weir_deadline_t deadline,
                                          weir_token_t *token)
{
    if (token != NULL && weir_token_is_cancelled(token))
        return ECANCELED;
    return deadline != WEIR_FOREVER && weir_now() >= deadline ? ETIMEDOUT : 0;
}

/* Where writers do not cease it keeps them out by an empty write. */
WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_seqlock_read_bounded_tsan_(weir_seqlock_t *s, void *to,
                                                  const void *from, size_t size,
                                                  weir_deadline_t deadline,
                                                  weir_token_t *token)
{
    int result;

    for (unsigned i = 0; i < WEIR_SEQLOCK_TRIES; i++) {
        uint64_t begun;

        result = weir_seqlock_read_begin_with_tsan_(s, deadline, token, &begun);
        if (result != 0)
            return result;
        weir_seqlock_load(to, from, size);
        if (!weir_seqlock_read_retry(s, begun))
            return 0;
        result = weir_seqlock_over_tsan_(deadline, token);
        if (result != 0)
            return result;
    }
    result = weir_seqlock_write_begin_with_tsan_(s, deadline, token);
    if (result != 0)
        return result;
    weir_seqlock_load(to, from, size);
    return weir_seqlock_write_end_tsan_(s);
}

static inline int weir_seqlock_read_tsan_(weir_seqlock_t *s, void *to,
                                          const void *from, size_t size)
{
    if (!weir_tsan_blind_())
        return weir_seqlock_read(s, to, from, size);
    return weir_seqlock_read_bounded_tsan_(s, to, from, size, WEIR_FOREVER,
                                           NULL);
}

static inline int weir_seqlock_read_until_tsan_(weir_seqlock_t *s, void *to,
                                                const void *from, size_t size,
                                                weir_deadline_t deadline)
{
    if (!weir_tsan_blind_())
        return weir_seqlock_read_until(s, to, from, size, deadline);
    return weir_seqlock_read_bounded_tsan_(s, to, from, size, deadline, NULL);
}

static inline int weir_seqlock_read_with_tsan_(weir_seqlock_t *s, void *to,
                                               const void *from, size_t size,
                                               weir_deadline_t deadline,
                                               weir_token_t *token)
{
    if (!weir_tsan_blind_())
        return weir_seqlock_read_with(s, to, from, size, deadline, token);
    return weir_seqlock_read_bounded_tsan_(s, to, from, size, deadline, token);
}

WEIR_NO_THREAD_SAFETY_ANALYSIS
static inline int weir_seqlock_write_bounded_tsan_(weir_seqlock_t *s, void *to,
                                                   const void *from,
                                                   size_t size,
                                                   weir_deadline_t deadline,
                                                   weir_token_t *token)
{
    int result = weir_seqlock_write_begin_with_tsan_(s, deadline, token);

    if (result != 0)
        return result;
    weir_seqlock_store(to, from, size);
    return weir_seqlock_write_end_tsan_(s);
}

static inline int weir_seqlock_write_tsan_(weir_seqlock_t *s, void *to,
                                           const void *from, size_t size)
{
    if (!weir_tsan_blind_())
        return weir_seqlock_write(s, to, from, size);
    return weir_seqlock_write_bounded_tsan_(s, to, from, size, WEIR_FOREVER,
                                            NULL);
}

static inline int weir_seqlock_write_until_tsan_(weir_seqlock_t *s, void *to,
                                                 const void *from, size_t size,
                                                 weir_deadline_t deadline)
{
    if (!weir_tsan_blind_())
        return weir_seqlock_write_until(s, to, from, size, deadline);
    return weir_seqlock_write_bounded_tsan_(s, to, from, size, deadline, NULL);
}

static inline int weir_seqlock_write_with_tsan_(weir_seqlock_t *s, void *to,
                                                const void *from, size_t size,
                                                weir_deadline_t deadline,
                                                weir_token_t *token)
{
    if (!weir_tsan_blind_())
        return weir_seqlock_write_with(s, to, from, size, deadline, token);
    return weir_seqlock_write_bounded_tsan_(s, to, from, size, deadline, token);
}

#define weir_seqlock_write_begin weir_seqlock_write_begin_tsan_
#define weir_seqlock_trywrite_begin weir_seqlock_trywrite_begin_tsan_
#define weir_seqlock_write_begin_until weir_seqlock_write_begin_until_tsan_
#define weir_seqlock_write_begin_with weir_seqlock_write_begin_with_tsan_
#define weir_seqlock_write_end weir_seqlock_write_end_tsan_
#define weir_seqlock_read_begin weir_seqlock_read_begin_tsan_
#define weir_seqlock_read_begin_until weir_seqlock_read_begin_until_tsan_
#define weir_seqlock_read_begin_with weir_seqlock_read_begin_with_tsan_
#define weir_seqlock_read weir_seqlock_read_tsan_
#define weir_seqlock_read_until weir_seqlock_read_until_tsan_
#define weir_seqlock_read_with weir_seqlock_read_with_tsan_
#define weir_seqlock_write weir_seqlock_write_tsan_
#define weir_seqlock_write_until weir_seqlock_write_until_tsan_
#define weir_seqlock_write_with weir_seqlock_write_with_tsan_

#ifdef __cplusplus
}
#endif

#endif
