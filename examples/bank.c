/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A recursive mutex: calls that lock are made of calls that lock, and an
 * auditor, called in the middle of each, asks by the same calls.  Whoever has
 * the lock may take it again; nobody else sees money that is in neither
 * account.
 */
#include <stdio.h>
#include <weir/rmutex.h>
#include <weir/thread.h>

enum { ACCOUNTS = 4, TELLERS = 4, TRANSFERS = 5000, EACH = 1000 };

static weir_rmutex_t lock = WEIR_RMUTEX_INIT;
static long accounts[ACCOUNTS]; /* guarded by lock, as is all that follows */
static long on_its_way;
static unsigned audits, deepest, mistakes;

static long balance(int account)
{
    long amount;

    weir_rmutex_lock(&lock);
    amount = accounts[account];
    if (weir_rmutex_depth(&lock) > deepest)
        deepest = weir_rmutex_depth(&lock);
    weir_rmutex_unlock(&lock);
    return amount;
}

static void audit(void)
{
    long sum = on_its_way;

    for (int i = 0; i < ACCOUNTS; i++)
        sum += balance(i);
    audits++;
    mistakes += sum != ACCOUNTS * EACH;
}

static void change(int account, long amount)
{
    weir_rmutex_lock(&lock);
    accounts[account] += amount;
    on_its_way -= amount;
    audit();
    weir_rmutex_unlock(&lock);
}

static void transfer(int from, int to, long amount)
{
    weir_rmutex_lock(&lock);
    change(from, -amount);
    change(to, amount);
    weir_rmutex_unlock(&lock);
}

static void *serve(void *arg)
{
    int teller = *(int *)arg;

    for (int i = 0; i < TRANSFERS; i++)
        transfer((teller + i) % ACCOUNTS, i % ACCOUNTS, i % 10);
    return NULL;
}

int main(void)
{
    weir_thread_t threads[TELLERS];
    int tellers[TELLERS];

    for (int i = 0; i < ACCOUNTS; i++)
        accounts[i] = EACH;
    for (int i = 0; i < TELLERS; i++) {
        tellers[i] = i;
        if (weir_thread_init(&threads[i], NULL, serve, &tellers[i]) != 0 ||
            weir_thread_start(&threads[i]) != 0)
            return 1;
    }
    for (int i = 0; i < TELLERS; i++)
        if (weir_thread_join(&threads[i], WEIR_FOREVER, NULL) != 0)
            return 1;
    printf("%u audits, %u mistakes; locked up to %u deep\n", audits, mistakes,
           deepest);
    return audits == 2 * TELLERS * TRANSFERS && mistakes == 0 && deepest == 3 &&
                   on_its_way == 0
               ? 0
               : 1;
}
