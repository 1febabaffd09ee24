/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 */
#include "store.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "protocol.h"

struct entry {
    struct entry *next;
    int64_t value;
    char key[KEY_MAX + 1];
};

static struct shard *shard_of(struct store *store, const char *key)
{
    uint32_t hash = 2166136261u; /* FNV-1a */

    for (; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * 16777619u;
    return &store->shards[(hash ^ hash >> 16) % STORE_SHARDS];
}

static struct entry *find(const struct shard *shard, const char *key)
{
    struct entry *entry = shard->entries;

    while (entry != NULL && strcmp(entry->key, key) != 0)
        entry = entry->next;
    return entry;
}

static int find_or_make(struct shard *shard, const char *key,
                        struct entry **found)
{
    struct entry *entry = find(shard, key);

    if (entry == NULL) {
        if (shard->count == STORE_SHARD_MAX)
            return ENOSPC;
        entry = calloc(1, sizeof(*entry));
        if (entry == NULL)
            return ENOMEM;
        memcpy(entry->key, key, strlen(key) + 1);
        entry->next = shard->entries;
        shard->entries = entry;
        shard->count++;
    }
    *found = entry;
    return 0;
}

int64_t store_get(struct store *store, const char *key)
{
    struct shard *shard = shard_of(store, key);
    const struct entry *entry;
    int64_t value;

    weir_mutex_lock(&shard->lock);
    entry = find(shard, key);
    value = entry == NULL ? 0 : entry->value;
    weir_mutex_unlock(&shard->lock);
    return value;
}

/* Sums wrap around, as unsigned ones do. */
static int change(struct store *store, const char *key, bool add,
                  int64_t *value)
{
    struct shard *shard = shard_of(store, key);
    struct entry *entry;
    int error;

    weir_mutex_lock(&shard->lock);
    error = find_or_make(shard, key, &entry);
    if (error == 0) {
        uint64_t before = add ? (uint64_t)entry->value : 0;

        *value = entry->value = (int64_t)(before + (uint64_t)*value);
    }
    weir_mutex_unlock(&shard->lock);
    if (error == 0)
        weir_cond_broadcast(&shard->changed); /* the lock need not be held */
    return error;
}

int store_set(struct store *store, const char *key, int64_t *value)
{
    return change(store, key, false, value);
}

int store_add(struct store *store, const char *key, int64_t *value)
{
    return change(store, key, true, value);
}

struct goal {
    const struct entry *entry;
    int64_t value;
};

static bool is_reached(void *arg)
{
    const struct goal *goal = arg;

    return goal->entry->value >= goal->value;
}

int store_wait(struct store *store, const char *key, int64_t *value,
               weir_token_t *token)
{
    struct shard *shard = shard_of(store, key);
    struct entry *entry;
    int error;

    weir_mutex_lock(&shard->lock);
    error = find_or_make(shard, key, &entry); /* entries stay where they are */
    if (error == 0) {
        struct goal goal = {entry, *value};

        error = weir_cond_wait_for_with(&shard->changed, &shard->lock,
                                        is_reached, &goal, WEIR_FOREVER, token);
        *value = entry->value;
    }
    weir_mutex_unlock(&shard->lock);
    return error;
}

int64_t store_sum(struct store *store)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < STORE_SHARDS; i++) {
        struct shard *shard = &store->shards[i];

        weir_mutex_lock(&shard->lock);
        for (const struct entry *e = shard->entries; e != NULL; e = e->next)
            sum += (uint64_t)e->value;
        weir_mutex_unlock(&shard->lock);
    }
    return (int64_t)sum;
}

void store_free(struct store *store)
{
    for (unsigned i = 0; i < STORE_SHARDS; i++)
        for (struct entry *e = store->shards[i].entries, *next; e != NULL;
             e = next) {
            next = e->next;
            free(e);
        }
}
