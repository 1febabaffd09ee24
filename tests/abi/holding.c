/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A program for clang's thread-safety analysis; only compiled, as C11 and
 * C++17.  As it stands it is right.  With WRONG=n the n-th mistake is in it,
 * and clang must say what stands in the comment after "WRONG n:".
 */
#include <weir/weir.h>

#ifndef WRONG
#define WRONG 0
#endif

static weir_mutex_t lock;
static weir_mutex_t other;
static weir_seqlock_t sequence;
static int level WEIR_GUARDED_BY(sequence);
static int balance WEIR_GUARDED_BY(lock);
static int *account WEIR_PT_GUARDED_BY(lock);

void pay(int amount) WEIR_REQUIRES(lock);
void save(int amount) WEIR_EXCLUDES(lock);
void enter(void) WEIR_ACQUIRE(lock);
int try_enter(void) WEIR_TRY_ACQUIRE(0, lock);
void leave(void) WEIR_RELEASE(lock);
void hand_over(void);

void pay(int amount)
{
    balance -= amount;
    *account = balance;
}

void save(int amount)
{
    weir_mutex_lock(&lock);
    pay(-amount);
    weir_mutex_unlock(&lock);
}

void enter(void)
{
    weir_mutex_lock(&lock);
}

int try_enter(void)
{
    return weir_mutex_trylock(&lock);
}

void leave(void)
{
    weir_mutex_unlock(&lock);
}

/* Another thread unlocks. */
WEIR_NO_THREAD_SAFETY_ANALYSIS
void hand_over(void)
{
    weir_mutex_lock(&lock);
    balance++;
}

/* All the ways of asking for the result of a try. */
int tries(void);
int tries(void)
{
    int result;

    if (weir_mutex_trylock(&lock) == 0) {
        balance++;
        weir_mutex_unlock(&lock);
    }
    if (!weir_mutex_trylock(&lock)) {
        balance++;
        weir_mutex_unlock(&lock);
    }
    if (weir_mutex_trylock(&lock) != 0)
        return 1;
    balance++;
    weir_mutex_unlock(&lock);
    if (weir_mutex_trylock(&lock))
        return 1;
    balance++;
    weir_mutex_unlock(&lock);
    result = weir_mutex_lock_until(&lock, weir_after(1000));
    if (result != 0)
        return result;
    balance++;
    weir_mutex_unlock(&lock);
    if (weir_mutex_lock_until(&lock, weir_after(1000)) == ETIMEDOUT)
        return ETIMEDOUT;
    balance++;
    weir_mutex_unlock(&lock);
    return 0;
}

/* Writers of a sequence lock hold it; readers hold nothing. */
int write_level(void);
int write_level(void)
{
    weir_seqlock_write_begin(&sequence);
    level++;
    weir_seqlock_write_end(&sequence);
    if (weir_seqlock_trywrite_begin(&sequence) == 0) {
        level++;
        weir_seqlock_write_end(&sequence);
    }
    if (weir_seqlock_write_begin_until(&sequence, WEIR_NOW) != 0)
        return 1;
    level++;
    return weir_seqlock_write_end(&sequence);
}

/* In C, clang 14 looks for what guards a member among the globals only. */
#ifdef __cplusplus
#define GUARDED_BY_MEMBER WEIR_GUARDED_BY
#else
#define GUARDED_BY_MEMBER(member)
#endif

struct account {
    weir_mutex_t mutex;
    int balance GUARDED_BY_MEMBER(mutex);
};

void transfer(struct account *from, struct account *to, int amount);
void transfer(struct account *from, struct account *to, int amount)
{
    weir_mutex_lock(&from->mutex);
    from->balance -= amount;
    weir_mutex_unlock(&from->mutex);
    weir_mutex_lock(&to->mutex);
    to->balance += amount;
#if WRONG == 1 /* WRONG 1 in C++: writing variable 'balance' requires holding */
    from->balance++;
#endif
    weir_mutex_unlock(&to->mutex);
}

/* Conditions are waited for with the lock, which is held before and after. */
static weir_rmutex_t deep;
static int depth WEIR_GUARDED_BY(deep);
static weir_cond_t changed;

bool is_rich(void *unused);
WEIR_NO_THREAD_SAFETY_ANALYSIS
bool is_rich(void *unused)
{
    (void)unused;
    return balance > 0;
}

int wait_for_more(void);
int wait_for_more(void)
{
    int result;

    weir_mutex_lock(&lock);
    while (balance == 0)
        weir_cond_wait(&changed, &lock);
    (void)weir_cond_wait_until(&changed, &lock, weir_after(1000));
    result = weir_cond_wait_for(&changed, &lock, is_rich, 0, WEIR_FOREVER);
    balance--;
    weir_cond_signal(&changed);
    weir_mutex_unlock(&lock);
    weir_cond_broadcast(&changed);
    weir_rmutex_lock(&deep);
    depth++;
    weir_cond_wait_rmutex(&changed, &deep);
    depth++;
    weir_rmutex_unlock(&deep);
    if (weir_rmutex_trylock(&deep) == 0) {
        depth++;
        weir_rmutex_unlock(&deep);
    }
    return result;
}

static weir_rwlock_t routes_lock;
static int routes WEIR_GUARDED_BY(routes_lock);

int count_routes(void) WEIR_REQUIRES_SHARED(routes_lock);
int count_routes(void)
{
    return routes;
}

/* Read, write, both ways of trying, and a reader that was a writer. */
int read_routes(void);
int read_routes(void)
{
    int sum;

    weir_rwlock_rdlock(&routes_lock);
    sum = count_routes();
    weir_rwlock_rdunlock(&routes_lock);
    weir_rwlock_wrlock(&routes_lock);
    routes++;
    weir_rwlock_wrunlock(&routes_lock);
    if (weir_rwlock_tryrdlock(&routes_lock) == 0) {
        sum += routes;
        weir_rwlock_rdunlock(&routes_lock);
    }
    if (weir_rwlock_rdlock_until(&routes_lock, weir_after(1000)) != 0)
        return sum;
    sum += routes;
    weir_rwlock_rdunlock(&routes_lock);
    if (weir_rwlock_trywrlock(&routes_lock) == 0) {
        routes++;
        weir_rwlock_wrunlock(&routes_lock);
    }
    if (weir_rwlock_wrlock_until(&routes_lock, weir_after(1000)) != 0)
        return sum;
    routes++;
    weir_rwlock_downgrade(&routes_lock);
    sum += count_routes();
    weir_rwlock_rdunlock(&routes_lock);
    return sum;
}

/* The forms with a token: tries, or waits that hold the lock afterwards. */
static weir_token_t stop;

int with_tokens(void);
int with_tokens(void)
{
    if (weir_mutex_lock_with(&lock, WEIR_FOREVER, &stop) != 0)
        return 1;
    balance++;
    (void)weir_cond_wait_with(&changed, &lock, WEIR_FOREVER, &stop);
    balance++;
    (void)weir_cond_wait_for_with(&changed, &lock, is_rich, 0, WEIR_FOREVER,
                                  &stop);
    balance--;
    weir_mutex_unlock(&lock);
    if (weir_rmutex_lock_with(&deep, WEIR_FOREVER, &stop) == 0) {
        depth++;
        (void)weir_cond_wait_with_rmutex(&changed, &deep, WEIR_FOREVER, &stop);
        (void)weir_cond_wait_for_with_rmutex(&changed, &deep, is_rich, 0,
                                             WEIR_FOREVER, &stop);
        depth--;
        weir_rmutex_unlock(&deep);
    }
    if (weir_seqlock_write_begin_with(&sequence, WEIR_FOREVER, &stop) == 0) {
        level++;
        weir_seqlock_write_end(&sequence);
    }
    if (weir_rwlock_wrlock_with(&routes_lock, WEIR_FOREVER, &stop) == 0) {
        routes++;
        weir_rwlock_wrunlock(&routes_lock);
    }
    if (weir_rwlock_rdlock_with(&routes_lock, WEIR_FOREVER, &stop) != 0)
        return 1;
    (void)count_routes();
    weir_rwlock_rdunlock(&routes_lock);
    return 0;
}

int wrong(bool maybe);
int wrong(bool maybe)
{
    (void)maybe;
#if WRONG == 2 /* WRONG 2: writing variable 'balance' requires holding mutex */
    balance = 1;
#endif
#if WRONG == 3 /* WRONG 3: reading variable 'balance' requires holding mutex */
    weir_mutex_lock(&other);
    maybe = balance == 1;
    weir_mutex_unlock(&other);
#endif
#if WRONG == 4 /* WRONG 4: mutex 'lock' is still held at the end of function */
    weir_mutex_lock(&lock);
#endif
#if WRONG == 5 /* WRONG 5: acquiring mutex 'lock' that is already held */
    weir_mutex_lock(&lock);
    weir_mutex_lock(&lock);
    weir_mutex_unlock(&lock);
#endif
#if WRONG == 6 /* WRONG 6: releasing mutex 'lock' that was not held */
    weir_mutex_unlock(&lock);
#endif
#if WRONG == 7 /* WRONG 7: mutex 'lock' is not held on every path */
    if (maybe)
        weir_mutex_lock(&lock);
    balance++;
    weir_mutex_unlock(&lock);
#endif
#if WRONG == 8 /* WRONG 8: writing variable 'balance' requires holding mutex */
    if (weir_mutex_trylock(&lock) == 0)
        weir_mutex_unlock(&lock);
    else
        balance++; /* the branch for failure */
#endif
#if WRONG == 9 /* WRONG 9: writing variable 'balance' requires holding mutex */
    if (weir_mutex_lock_until(&lock, weir_after(1)) == 0)
        weir_mutex_unlock(&lock);
    balance++;
#endif
#if WRONG == 10 /* WRONG 10: calling function 'pay' requires holding mutex */
    pay(1);
#endif
#if WRONG == 11 /* WRONG 11: cannot call function 'save' while mutex 'lock' */
    weir_mutex_lock(&lock);
    save(1);
    weir_mutex_unlock(&lock);
#endif
#if WRONG == 12 /* WRONG 12: writing the value pointed to by 'account' */
    *account = 1;
#endif
#if WRONG == 13 /* WRONG 13: releasing mutex 'lock' that was not held */
    enter();
    leave();
    leave();
#endif
#if WRONG == 14 /* WRONG 14: releasing mutex 'lock' that was not held */
    if (try_enter() != 0)
        leave();
#endif
#if WRONG == 15 /* WRONG 15: writing variable 'level' requires holding */
    level++;
#endif
#if WRONG == 16 /* WRONG 16: 'sequence' is still held at the end of function */
    weir_seqlock_write_begin(&sequence);
#endif
#if WRONG == 17 /* WRONG 17: calling function 'weir_cond_wait */
    weir_cond_wait(&changed, &lock);
#endif
#if WRONG == 18 /* WRONG 18: writing variable 'depth' requires holding mutex */
    weir_rmutex_lock(&deep);
    weir_rmutex_unlock(&deep);
    depth++;
#endif
#if WRONG == 19 /* WRONG 19: calling function 'weir_cond_wait_until_rmutex */
    weir_cond_wait_until_rmutex(&changed, &deep, WEIR_NOW);
#endif
#if WRONG == 20 /* WRONG 20: writing variable 'routes' requires holding */
    weir_rwlock_rdlock(&routes_lock);
    routes = 1;
    weir_rwlock_rdunlock(&routes_lock);
#endif
#if WRONG == 21 /* WRONG 21: reading variable 'routes' requires holding */
    maybe = routes == 1;
#endif
#if WRONG == 22 /* WRONG 22: mutex 'routes_lock' is still held at the end of */
    weir_rwlock_rdlock(&routes_lock);
#endif
#if WRONG == 23 /* WRONG 23: writing variable 'routes' requires holding */
    weir_rwlock_wrlock(&routes_lock);
    weir_rwlock_downgrade(&routes_lock);
    routes = 1;
    weir_rwlock_rdunlock(&routes_lock);
#endif
#if WRONG == 24 /* WRONG 24: releasing rwlock 'routes_lock' using shared */
    weir_rwlock_wrlock(&routes_lock);
    weir_rwlock_rdunlock(&routes_lock);
#endif
#if WRONG == 26 /* WRONG 26: writing variable 'balance' requires holding */
    if (weir_mutex_lock_with(&lock, WEIR_FOREVER, &stop) == ECANCELED)
        balance++;
    else
        weir_mutex_unlock(&lock);
#endif
#if WRONG == 27 /* WRONG 27: calling function 'weir_cond_wait_with */
    (void)weir_cond_wait_with(&changed, &lock, WEIR_FOREVER, &stop);
#endif
#if WRONG == 28 /* WRONG 28: writing variable 'routes' requires holding */
    if (weir_rwlock_rdlock_with(&routes_lock, WEIR_FOREVER, &stop) == 0) {
        routes = 1;
        weir_rwlock_rdunlock(&routes_lock);
    }
#endif
#if WRONG == 25 /* WRONG 25: writing variable 'routes' requires holding */
    if (weir_rwlock_trywrlock(&routes_lock) != 0)
        routes = 1;
    else
        weir_rwlock_wrunlock(&routes_lock);
#endif
    return maybe;
}
