/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The readers' path of the seqlock, and the copying.  Not an interface:
 * include weir/seqlock.h.  The words, the protocol and the proof are in
 * src/futex/seqlock.c; the tags below have their partners there.
 *
 * ORDERS
 *   [S1] begin        load acquire; pairs with seqlock.c:[S3]
 *   [S2] load, retry  relaxed loads, fence acquire, relaxed load; pairs with
 *                     [S4], seqlock.c:[S4]: whoever loaded anything of a write
 *                     sees that it had begun
 *   [S4] store        relaxed stores behind a fence release; pairs with [S2]
 */
#ifndef WEIR_INLINE_SEQLOCK_H
#define WEIR_INLINE_SEQLOCK_H

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_SEQLOCK_WRITING_ 1u

/* Shared data has a type of its own, which these must not be taken to differ
 * from. */
typedef WEIR_ATOMIC(uintptr_t) __attribute__((may_alias)) weir_seqlock_word_t_;
typedef WEIR_ATOMIC(unsigned char) __attribute__((may_alias))
weir_seqlock_byte_t_;

WEIR_API uint64_t weir_seqlock_read_begin_slow_(weir_seqlock_t *s);

#ifndef WEIR_NO_INLINE

WEIR_API_INLINE uint64_t weir_seqlock_read_begin(weir_seqlock_t *s)
{
    /* [S1] acquire; pairs with seqlock.c:[S3] */
    uint64_t begun = weir_load_acq_(&s->sequence);

    if (WEIR_LIKELY((begun & WEIR_SEQLOCK_WRITING_) == 0))
        return begun;
    return weir_seqlock_read_begin_slow_(s);
}

WEIR_API_INLINE bool weir_seqlock_read_retry(const weir_seqlock_t *s,
                                             uint64_t begun)
{
    /* [S2] fence acquire, and a relaxed load: not before the data's */
    weir_fence_acq_();
    return weir_load_rlx_(&s->sequence) != begun; /* [S2] relaxed */
}

/* Whether the next access of shared data can be a whole word. */
#define weir_seqlock_whole_(at, size)                                          \
    ((size) >= sizeof(uintptr_t) && (uintptr_t)(at) % sizeof(uintptr_t) == 0)

/* always_inline: without optimisation as well, so that ThreadSanitizer, which
 * may not see into the library, sees that the accesses are there. */
__attribute__((always_inline)) WEIR_API_INLINE void
weir_seqlock_load(void *to, const void *from, size_t size)
{
    unsigned char *out = (unsigned char *)to;
    const unsigned char *in = (const unsigned char *)from;

    while (size > 0) {
        if (weir_seqlock_whole_(in, size)) {
            /* [S2] relaxed */
            uintptr_t word =
                weir_load_rlx_((const weir_seqlock_word_t_ *)(const void *)in);
            __builtin_memcpy(out, &word, sizeof(word));
            in += sizeof(word);
            out += sizeof(word);
            size -= sizeof(word);
        } else {
            /* [S2] relaxed */
            *out++ = (unsigned char)weir_load_rlx_(
                (const weir_seqlock_byte_t_ *)(const void *)in);
            in++;
            size--;
        }
    }
}

__attribute__((always_inline)) WEIR_API_INLINE void
weir_seqlock_store(void *to, const void *from, size_t size)
{
    unsigned char *out = (unsigned char *)to;
    const unsigned char *in = (const unsigned char *)from;

    while (size > 0) {
        if (weir_seqlock_whole_(out, size)) {
            uintptr_t word;

            __builtin_memcpy(&word, in, sizeof(word));
            /* [S4] relaxed */
            weir_store_rlx_((weir_seqlock_word_t_ *)(void *)out, word);
            in += sizeof(word);
            out += sizeof(word);
            size -= sizeof(word);
        } else {
            /* [S4] relaxed */
            weir_store_rlx_((weir_seqlock_byte_t_ *)(void *)out, *in);
            in++;
            out++;
            size--;
        }
    }
}

#endif

#ifdef __cplusplus
}
#endif

#endif
