/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Four threads move money between two accounts.  The mutex keeps the total
 * what it was.  It is 8 bytes, needs no init and no destroy, and sits right
 * beside what it protects.
 */
#include <pthread.h>
#include <stdio.h>
#include <weir/mutex.h>

enum { THREADS = 4, TRANSFERS = 100000, TOTAL = 1000 };

static struct {
    weir_mutex_t lock; /* all zero: unlocked */
    long account[2];
    long transfers;
} bank = {.account = {TOTAL, 0}};

static void *move_money(void *amount)
{
    for (int i = 0; i < TRANSFERS; i++) {
        weir_mutex_lock(&bank.lock);
        bank.account[i % 2] -= *(long *)amount;
        bank.account[(i + 1) % 2] += *(long *)amount;
        bank.transfers++;
        weir_mutex_unlock(&bank.lock);
    }
    return NULL;
}

/* Misuse is an error number, not a mystery. */
static int show_errors(void)
{
    int twice, nothing;

    weir_mutex_lock(&bank.lock);
    twice = weir_mutex_trylock(&bank.lock);
    weir_mutex_unlock(&bank.lock);
    nothing = weir_mutex_unlock(&bank.lock);
    printf("trylock of a held mutex: %s\n", weir_strerror(twice));
    printf("unlock of a free mutex: %s\n", weir_strerror(nothing));
    return twice == EBUSY && nothing == EPERM;
}

int main(void)
{
    pthread_t threads[THREADS];
    long amounts[THREADS];
    long total;

    for (int i = 0; i < THREADS; i++) {
        amounts[i] = i + 1;
        if (pthread_create(&threads[i], NULL, move_money, &amounts[i]) != 0)
            return 1;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);

    total = bank.account[0] + bank.account[1];
    printf("%ld transfers by %d threads: %ld + %ld = %ld\n", bank.transfers,
           THREADS, bank.account[0], bank.account[1], total);
    if (total != TOTAL || bank.transfers != (long)THREADS * TRANSFERS)
        return 1;
    return show_errors() ? 0 : 1;
}
