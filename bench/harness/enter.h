/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * How a contestant enters: its classes are compiled into the loops of
 * every kind of case here.  See peers/README.md.
 */
#ifndef WEIR_BENCH_ENTER_H
#define WEIR_BENCH_ENTER_H

#include "gbench/barrier.h"
#include "gbench/cond.h"
#include "gbench/mutex.h"
#include "gbench/queue.h"
#include "gbench/timer.h"
#include "gbench/signal.h"
#include "gbench/small.h"
#include "gbench/wait.h"
#include "gbench/thread.h"
#include "gbench/rwlock.h"
#include "harness/registry.h"

namespace wbench {

template <class M>
Enter &Enter::mutex(unsigned levels)
{
    add(Kind::mutex_uncontended, mutex_uncontended<M>,
        gbench_mutex_uncontended<M>, levels);
    return add(Kind::mutex_contended, mutex_contended<M>,
               gbench_mutex_contended<M>, levels);
}

template <class M>
Enter &Enter::mutex_apart(unsigned levels)
{
    return add(Kind::mutex_contended, mutex_contended_apart<M>,
               gbench_mutex_contended_apart<M>, levels);
}

template <class M>
Enter &Enter::rmutex(unsigned levels)
{
    return add(Kind::rmutex_uncontended, mutex_uncontended<M>,
               gbench_mutex_uncontended<M>, levels);
}

template <class M>
Enter &Enter::cond(unsigned levels)
{
    add(Kind::cond_pingpong, cond_pingpong<M>, gbench_cond_pingpong<M>, levels);
    return add(Kind::cond_broadcast, cond_broadcast<M>,
               gbench_cond_broadcast<M>, levels);
}

template <class B>
Enter &Enter::barrier(unsigned levels)
{
    return add(Kind::barrier, barrier_phases<B>, gbench_barrier<B>, levels);
}

template <class T>
Enter &Enter::timer(unsigned levels)
{
    return add(Kind::timer, timer_arm_cancel<T>, gbench_timer_arm_cancel<T>,
               levels);
}

template <template <std::size_t> class Q>
Enter &Enter::queue(unsigned levels)
{
    add(Kind::queue_flow, queue_flow<Q>, gbench_queue_flow<Q>, levels);
    add(Kind::queue_pingpong, queue_pingpong<Q>, gbench_queue_pingpong<Q>,
        levels);
    return add(Kind::queue_self, queue_self<Q>, gbench_queue_self<Q>, levels);
}

template <template <std::size_t> class Q>
Enter &Enter::queue_one_to_one(unsigned levels)
{
    queue<Q>(levels);
    contestant_.entries[static_cast<std::size_t>(Kind::queue_flow)].one_to_one =
        true;
    return *this;
}

template <class S>
Enter &Enter::sem(unsigned levels)
{
    add(Kind::sem_uncontended, sem_uncontended<S>, gbench_sem_uncontended<S>,
        levels);
    return add(Kind::sem_pingpong, pingpong<SemWay<S>>,
               gbench_pingpong<SemWay<S>>, levels);
}

template <class E>
Enter &Enter::event(unsigned levels)
{
    return add(Kind::event_pingpong, pingpong<EventWay<E>>,
               gbench_pingpong<EventWay<E>>, levels);
}

template <class O>
Enter &Enter::once(unsigned levels)
{
    return add(Kind::once_done, once_done<O>, gbench_once_done<O>, levels);
}

template <class L>
Enter &Enter::latch(unsigned levels)
{
    return add(Kind::latch_pingpong, latch_pingpong<L>,
               gbench_latch_pingpong<L>, levels);
}

template <class A>
Enter &Enter::any(unsigned levels)
{
    add(Kind::any_ready, any_ready<A>, gbench_any_ready<A>, levels);
    return add(Kind::any_pingpong, any_pingpong<A>, gbench_any_pingpong<A>,
               levels);
}

template <class S>
Enter &Enter::seqlock(unsigned levels)
{
    add(Kind::seqlock_read, seqlock_read<S>, gbench_seqlock_read<S>, levels);
    return add(Kind::seqlock_readers, seqlock_readers<S>,
               gbench_seqlock_readers<S>, levels);
}

template <class T>
Enter &Enter::thread(unsigned levels)
{
    return add(Kind::thread, thread_start_join<T>, gbench_thread<T>, levels);
}

/* S: a semaphore whose waits can be cancelled; T: what cancels, as a latch
 * that is counted down once. */
template <class S, class T>
Enter &Enter::token(unsigned levels)
{
    add(Kind::token_uncontended, sem_uncontended<S>, gbench_sem_uncontended<S>,
        levels);
    add(Kind::token_pingpong, pingpong<SemWay<S>>, gbench_pingpong<SemWay<S>>,
        levels);
    return add(Kind::token_cancel, latch_pingpong<T>, gbench_latch_pingpong<T>,
               levels);
}

template <class R>
Enter &Enter::rwlock(unsigned levels)
{
    add(Kind::rwlock_read, rwlock_read<R>, gbench_rwlock_read<R>, levels);
    add(Kind::rwlock_write, rwlock_write<R>, gbench_rwlock_write<R>, levels);
    return add(Kind::rwlock_mixed, rwlock_mixed<R>, gbench_rwlock_mixed<R>,
               levels);
}

} // namespace wbench

#endif
