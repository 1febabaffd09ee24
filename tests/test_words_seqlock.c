/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The words of the sequence lock, from the inside: MOVES of the WORD blocks in
 * seqlock.c, which is compiled into this suite; the windows around a sleep; and
 * a reader that never gets through.
 */
#include "futex/seqlock.c"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "test_seam_kit.h"

static weir_seqlock_t lock;

static const unsigned scopes[] = {WEIR_PRIVATE, WEIR_SHARED};
#define SCOPES 2
#define HOUR_NS 3600000000000

static void begin_test(int scope)
{
    seam_reset();
    must_eq(weir_seqlock_init(&lock, scopes[scope]), 0);
    support_watch("seqlock", &lock, sizeof(lock));
}

static void must_be(uint64_t sequence, uint32_t word)
{
    must_eq(weir_load_sc_(&lock.sequence), sequence);
    must_eq(weir_load_sc_(&lock.lock), word);
}

/* --- MOVES --- */

START_TEST(moves)
{
    static const uint64_t from[] = {0, 2, ((uint64_t)1 << 32) - 2,
                                    (uint64_t)1 << 63, UINT64_MAX - 1};

    for (unsigned i = 0; i < sizeof(from) / sizeof(from[0]); i++) {
        must_eq(after_begin(from[i]), from[i] | WRITING);
        must_eq(after_end(after_begin(from[i])), from[i] + WRITES_ONE);
    }
    begin_test(_i);
    must_eq(weir_seqlock_write_begin(&lock), 0);
    must_be(WRITING, HELD);
    must_eq(weir_seqlock_write_end(&lock), 0);
    must_be(WRITES_ONE, 0);
    must_eq(weir_seqlock_write_end(&lock), EPERM);
    must_be(WRITES_ONE, 0);
    must_eq(seam_count(&seam_wakes), 0);
}
END_TEST

START_TEST(unlocking_calls_if_somebody_sleeps)
{
    begin_test(_i);
    must_eq(weir_seqlock_write_begin(&lock), 0);
    weir_store_rlx_(&lock.lock, HELD | SLEEPERS);
    must_eq(weir_seqlock_write_end(&lock), 0);
    must_be(WRITES_ONE, 0);
    must_eq(seam_count(&seam_wakes), 1);
    must_eq(weir_load_rlx_(&seam_woken), INT_MAX);
    must_eq(weir_load_rlx_(&seam_woken_shared), _i);
}
END_TEST

/* --- The windows around a sleep --- */

static void end_it(void *arg)
{
    (void)arg;
    /* Hazard B12: the mark is there before the sleep. */
    must_eq(weir_load_sc_(&lock.lock), HELD | SLEEPERS);
    must_eq(weir_seqlock_write_end(&lock), 0);
}

START_TEST(ended_before_the_sleep)
{
    begin_test(_i);
    must_eq(weir_seqlock_write_begin(&lock), 0);
    seam.before_wait = end_it;
    must_eq(weir_seqlock_read_begin(&lock), WRITES_ONE);
    must_eq(seam_count(&seam_waits), 1);
    must_be(WRITES_ONE, 0);
    must_eq(weir_seqlock_write_begin(&lock), 0);
    must_eq(weir_seqlock_write_begin(&lock), 0); /* once that has ended */
    must_eq(seam_count(&seam_waits), 2);
    must_be(2 * WRITES_ONE | WRITING, HELD);
}
END_TEST

START_TEST(ended_after_the_timeout)
{
    uint64_t begun = 0;

    begin_test(_i);
    must_eq(weir_seqlock_write_begin(&lock), 0);
    must_eq(weir_seqlock_write_begin_until(&lock, WEIR_NOW), ETIMEDOUT);
    must_eq(weir_seqlock_read_begin_until(&lock, WEIR_NOW, &begun), ETIMEDOUT);
    must_eq(seam_count(&seam_waits), 0);
    must_be(WRITING, HELD);
    must_eq(weir_seqlock_write_begin_until(&lock, weir_after(1000)), ETIMEDOUT);
    must_be(WRITING, HELD | SLEEPERS); /* hazard B14: until it unlocks */
    seam.after_wait = end_it;
    must_eq(weir_seqlock_read_begin_until(&lock, weir_after(1000), &begun), 0);
    must_eq(begun, WRITES_ONE);
    must_eq(weir_seqlock_write_begin(&lock), 0);
    must_eq(weir_seqlock_write_begin_until(&lock, weir_after(1000)), 0);
    must_be(2 * WRITES_ONE | WRITING, HELD);
}
END_TEST

/* A reader meets an unlock that is half done: the sequence is its word. */
START_TEST(what_cannot_be_slept_on)
{
    begin_test(_i);
    weir_store_rlx_(&lock.sequence, WRITING);
    must(!await(&lock, is_quiet, weir_until_(WEIR_FOREVER)));
    must_eq(seam_count(&seam_waits), 0);
    must_be(WRITING, 0);
}
END_TEST

/* --- A reader that never gets through keeps writers out --- */

/* Two pages that are read, one of which faults: so each attempt to read both
 * is interrupted, by a handler that writes if it gets in. */
static char *pages;
static size_t page_size;
static unsigned writes, refusals;
/* Done inside of each of its writes; if it says so, the write does not end. */
static bool (*inside)(void);

static void on_fault(int signal, siginfo_t *info, void *context)
{
    bool second = (char *)info->si_addr >= pages + page_size;
    char *faulted = pages + (second ? page_size : 0);

    (void)signal;
    (void)context;
    must((char *)info->si_addr >= pages);
    must((char *)info->si_addr < pages + 2 * page_size);
    must_eq(mprotect(faulted, page_size, PROT_READ | PROT_WRITE), 0);
    if (weir_seqlock_trywrite_begin(&lock) != 0) {
        refusals++;
        return;
    }
    writes++;
    if (inside != NULL && inside())
        return;
    must_eq(weir_seqlock_write_end(&lock), 0);
    must_eq(mprotect(pages + (second ? 0 : page_size), page_size, PROT_NONE),
            0);
}

#define ACROSS 16u /* bytes, half of them on each page: two faults a try */

static void lay_pages(void)
{
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO | SA_NODEFER};

    page_size = (size_t)sysconf(_SC_PAGESIZE);
    pages = mmap(NULL, 2 * page_size, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(pages != MAP_FAILED);
    memset(pages + page_size - ACROSS / 2, 7, ACROSS);
    must_eq(sigaction(SIGSEGV, &action, NULL), 0);
    must_eq(mprotect(pages, page_size, PROT_NONE), 0);
}

static const void *across(void)
{
    return pages + page_size - ACROSS / 2;
}

static void must_be_read(const unsigned char *got)
{
    for (unsigned i = 0; i < ACROSS; i++)
        must_eq(got[i], 7);
}

START_TEST(a_reader_gets_through)
{
    unsigned char got[ACROSS];

    begin_test(_i % SCOPES);
    lay_pages();
    if (_i / SCOPES == 0)
        must_eq(weir_seqlock_read(&lock, got, across(), ACROSS), 0);
    else
        must_eq(weir_seqlock_read_until(&lock, got, across(), ACROSS,
                                        weir_after(HOUR_NS)),
                0);
    must_be_read(got);
    /* A write in each attempt, and then none. */
    must(writes >= WEIR_SEQLOCK_TRIES);
    must_eq(refusals, 1);
    must_be((uint64_t)writes * WRITES_ONE, 0);
    must_eq(munmap(pages, 2 * page_size), 0);
}
END_TEST

/* --- One that has a deadline, or a token --- */

/* At a past time it tries once; writes that come between are not waited for. */
START_TEST(a_past_deadline_is_one_try)
{
    unsigned char got[ACROSS];

    begin_test(_i);
    lay_pages();
    must_eq(weir_seqlock_read_until(&lock, got, across(), ACROSS, WEIR_NOW),
            ETIMEDOUT);
    must_eq(writes, 2);
    must_eq(refusals, 0);
    must_be((uint64_t)writes * WRITES_ONE, 0);
    must_eq(munmap(pages, 2 * page_size), 0);
}
END_TEST

static weir_deadline_t end;

static bool outlast(void)
{
    while (writes == 3 && weir_now() <= end)
        ;
    return false;
}

START_TEST(a_deadline_is_for_all_tries)
{
    unsigned char got[ACROSS];

    begin_test(_i);
    lay_pages();
    inside = outlast;
    end = weir_after(1000000);
    must_eq(weir_seqlock_read_until(&lock, got, across(), ACROSS, end),
            ETIMEDOUT);
    must(weir_now() >= end);
    must(writes == 4 || writes == 2); /* or the first took so long */
    must_eq(refusals, 0);
    must_eq(munmap(pages, 2 * page_size), 0);
}
END_TEST

static weir_token_t token;

static bool cancel_third(void)
{
    if (writes == 3)
        must_eq(weir_token_cancel(&token), 0);
    return false;
}

START_TEST(is_cancelled_between_tries)
{
    unsigned char got[ACROSS];

    begin_test(_i);
    must_eq(weir_token_init(&token, NULL, WEIR_FOREVER, scopes[_i]), 0);
    lay_pages();
    inside = cancel_third;
    must_eq(weir_seqlock_read_with(&lock, got, across(), ACROSS, WEIR_FOREVER,
                                   &token),
            ECANCELED);
    must_eq(writes, 4);
    must_eq(refusals, 0);
    must_be((uint64_t)writes * WRITES_ONE, 0);
    must_eq(munmap(pages, 2 * page_size), 0);
}
END_TEST

static bool stay_in_the_last(void)
{
    return writes == 2 * WEIR_SEQLOCK_TRIES;
}

/* The last write to come between stays: it sleeps until that has ended. */
START_TEST(keeps_out_once_it_can)
{
    unsigned char got[ACROSS];

    begin_test(_i);
    lay_pages();
    inside = stay_in_the_last;
    seam.before_wait = end_it;
    must_eq(weir_seqlock_read_until(&lock, got, across(), ACROSS, WEIR_FOREVER),
            0);
    must_be_read(got);
    must_eq(seam_count(&seam_waits), 1);
    must_eq(writes, 2 * WEIR_SEQLOCK_TRIES);
    must_be((uint64_t)writes * WRITES_ONE, 0);
    must_eq(munmap(pages, 2 * page_size), 0);
}
END_TEST

/* And not for ever. */
START_TEST(cannot_keep_out)
{
    uint64_t from = 5, got = 7;

    begin_test(_i);
    must_eq(weir_seqlock_write_begin(&lock), 0);
    must_eq(
        read_alone(&lock, &got, &from, sizeof(got), weir_until_(weir_after(1))),
        ETIMEDOUT);
    must_eq(got, 7);
    must_be(WRITING, HELD | SLEEPERS);
    must_eq(weir_seqlock_write_end(&lock), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("words_seqlock");
    TCase *tcase = support_tcase(suite, "moves");

    tcase_add_loop_test(tcase, moves, 0, SCOPES);
    tcase_add_loop_test(tcase, unlocking_calls_if_somebody_sleeps, 0, SCOPES);
    tcase = support_tcase(suite, "windows");
    tcase_add_loop_test(tcase, ended_before_the_sleep, 0, SCOPES);
    tcase_add_loop_test(tcase, ended_after_the_timeout, 0, SCOPES);
    tcase_add_loop_test(tcase, what_cannot_be_slept_on, 0, SCOPES);
    tcase = support_tcase(suite, "starvation");
    tcase_add_loop_test(tcase, a_reader_gets_through, 0, 2 * SCOPES);
    tcase = support_tcase(suite, "bounded");
    tcase_add_loop_test(tcase, a_past_deadline_is_one_try, 0, SCOPES);
    tcase_add_loop_test(tcase, a_deadline_is_for_all_tries, 0, SCOPES);
    tcase_add_loop_test(tcase, is_cancelled_between_tries, 0, SCOPES);
    tcase_add_loop_test(tcase, keeps_out_once_it_can, 0, SCOPES);
    tcase_add_loop_test(tcase, cannot_keep_out, 0, SCOPES);
    return support_main(suite);
}
