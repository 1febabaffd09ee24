/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Sizes that programs were compiled with, the same in C11 and C++17; only
 * compiled, as both, never run.  WRONG_SIZE makes it fail, to show that it
 * can.
 */
#include <weir/weir.h>

#ifdef __cplusplus
#define CHECK(condition) static_assert(condition, #condition)
#else
#define CHECK(condition) _Static_assert(condition, #condition)
#endif

#ifndef WRONG_SIZE
#define WRONG_SIZE 0
#endif

CHECK(sizeof(weir_mutex_t) == 8 + WRONG_SIZE);
CHECK(sizeof(weir_rmutex_t) == 16);
CHECK(sizeof(weir_cond_t) == 16);
CHECK(sizeof(weir_barrier_t) <= 384);
CHECK(sizeof(weir_sem_t) == 8 + WRONG_SIZE);
CHECK(sizeof(weir_event_t) == 8 + WRONG_SIZE);
CHECK(sizeof(weir_rwlock_t) == 16);
CHECK(sizeof(weir_thread_t) == 288);
CHECK(sizeof(weir_trace_event_t) == 40);
CHECK(sizeof(weir_timer_t) == 112 + WRONG_SIZE);
CHECK(sizeof(weir_latch_t) == 8);
CHECK(sizeof(weir_once_t) == 4);
CHECK(sizeof(weir_seqlock_t) == 16);
CHECK(sizeof(weir_token_t) == 24);
CHECK(sizeof(weir_wait_item_t) == 8 + 2 * sizeof(void *) + 8 + WRONG_SIZE);
CHECK(sizeof(weir_deadline_t) == 8);
CHECK((weir_deadline_t)-1 < 0);
