/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Numbers by name, in parts that have a lock each.
 */
#ifndef SERVER_STORE_H
#define SERVER_STORE_H

#include <stdint.h>
#include <weir/cond.h>
#include <weir/mutex.h>
#include <weir/token.h>

#define STORE_SHARDS 16u
#define STORE_SHARD_MAX 4096u /* keys */

struct entry;

struct shard {
    weir_mutex_t lock;
    weir_cond_t changed;
    struct entry *entries; /* guarded by lock, as is all that follows */
    unsigned count;
};

struct store {
    struct shard shards[STORE_SHARDS];
};

/* All zero is an empty store. */
void store_free(struct store *store);

int64_t store_get(struct store *store, const char *key);

/* 0, ENOMEM, or ENOSPC: too many keys.  *value receives what it is now. */
int store_set(struct store *store, const char *key, int64_t *value);
int store_add(struct store *store, const char *key, int64_t *value);

/* Until the number is at least *value, which receives what it is then; or the
 * token is cancelled: ECANCELED.  The key is made. */
int store_wait(struct store *store, const char *key, int64_t *value,
               weir_token_t *token);

/* Of all numbers. */
int64_t store_sum(struct store *store);

#endif
