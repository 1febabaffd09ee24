/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Queue: a bounded first-in first-out queue of fixed-size elements, for any
 * number of producers and consumers.  Python's queue.Queue and
 * multiprocessing.Queue.
 *
 *   weir_queue_t *q;
 *   weir_queue_create(&q, 1024, sizeof(struct job), 0);
 *
 *   weir_queue_put(q, &job);                     // producers
 *   while (weir_queue_get(q, &job) == 0)         // consumers
 *       work(&job);                              // ESHUTDOWN ends the loop
 *
 *   weir_queue_close(q);                         // no more puts
 *
 * Linearizable FIFO: a put takes effect when it claims its place, a get when
 * it claims the element, and there is one order of all of them that agrees
 * with real time.  "Empty" and "full" are exact, not estimates: a get that
 * returns EAGAIN did find the queue empty at some moment of the call.  When
 * put returns, the element is in the queue; there is no helper thread.
 *
 * Progress: a ring of this kind is not lock-free.  A thread that is stopped
 * between claiming a place and publishing it (some ten instructions) holds
 * up the get of that very element, and those behind it; other puts go on
 * until the ring is full.
 *
 * Scope: with WEIR_SHARED, and in memory that is mapped MAP_SHARED, all
 * processes that attach use one queue, each at its own address.  A process
 * that is killed inside a put or get may leave its place claimed for ever.
 *
 * Lifetime: nobody may be inside a call when the memory is freed.  Close the
 * queue, join the threads that use it, then destroy it.
 */
#ifndef WEIR_QUEUE_H
#define WEIR_QUEUE_H

#include <weir/base.h>
#include <weir/token.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WEIR_QUEUE_ELEM_MAX 65536u /* largest element, bytes */
#define WEIR_QUEUE_ALIGN 128u      /* alignment of the memory given to init */

typedef struct weir_queue weir_queue_t;

/* Allocate and initialise a queue.
 * Context:  may allocate
 * Progress: that of malloc
 * Order:    none: publish *q to other threads as you would any object
 * Params:   capacity  elements, >= 1, exact; elem_size  bytes, 1 to
 *           WEIR_QUEUE_ELEM_MAX; flags  must be 0: memory from malloc cannot
 *           be shared, use weir_queue_init
 * Returns:  0 | EINVAL | ENOMEM (*q is unchanged)
 * Lifetime: give it back with weir_queue_destroy
 * Source:   [Vyukov10] bounded MPMC queue */
WEIR_API int weir_queue_create(weir_queue_t **q, size_t capacity,
                               size_t elem_size, unsigned flags);

/* Free a queue that weir_queue_create made, with whatever is in it.
 * Context:  nobody else is using *q; NULL is allowed
 * Progress: that of free
 * Order:    none
 * Misuse:   a queue from weir_queue_init panics
 * Source:   none */
WEIR_API void weir_queue_destroy(weir_queue_t *q);

/* How much memory a queue takes.
 * Context:  any
 * Order:    none
 * Returns:  bytes, a multiple of WEIR_QUEUE_ALIGN; 0 if there can be no such
 *           queue (capacity or elem_size is 0, or too large)
 * Source:   none */
WEIR_API size_t weir_queue_memsize(size_t capacity, size_t elem_size);

/* Make the memory at q, of memsize bytes, an empty queue.
 * Context:  nobody else is using the memory
 * Progress: wait-free, O(capacity)
 * Order:    none: publish *q to other threads as you would any object
 * Params:   q  aligned to WEIR_QUEUE_ALIGN; memsize  at least
 *           weir_queue_memsize; flags  0 or WEIR_SHARED
 * Returns:  0 | EINVAL bad alignment, size, geometry or flag
 * Lifetime: needs no destroy
 * Source:   [Vyukov10] */
WEIR_API int weir_queue_init(weir_queue_t *q, size_t memsize, size_t capacity,
                             size_t elem_size, unsigned flags);

/* Check that the memory at q, of memsize bytes, holds a shared queue that
 * another process (or this one) has initialised, of this library's layout.
 * Magic, version and geometry are checked against memsize; nothing is
 * written, and no content can make it read past memsize.  The check is of
 * the moment: a process that overwrites the header later breaks the queue
 * for all.
 * Context:  any
 * Progress: wait-free
 * Order:    acquire: pairs with the last store of init
 * Returns:  0 | EINVAL
 * Source:   none */
WEIR_API int weir_queue_attach(weir_queue_t *q, size_t memsize);

/* Append the element at e, sleeping while the queue is full.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking
 * Order:    release: publishes what precedes it to the get of the element
 * Params:   e  elem_size bytes, copied
 * Returns:  0 | ESHUTDOWN closed (nothing was appended)
 * Source:   [Vyukov10]; the sleeping protocol is docs/sleeping-protocol.md */
WEIR_API_INLINE int weir_queue_put(weir_queue_t *q, const void *e);

/* Append the element at e unless the queue is full.
 * Context:  does not sleep for space; may wait for another thread that is in
 *           the middle of a get (see Progress above)
 * Order:    as weir_queue_put on success
 * Returns:  0 | EAGAIN full | ESHUTDOWN closed
 * Source:   as weir_queue_put */
WEIR_API_INLINE int weir_queue_tryput(weir_queue_t *q, const void *e);

/* As weir_queue_put, but give up when the deadline has passed.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    as weir_queue_put on success
 * Params:   deadline  absolute CLOCK_MONOTONIC nanoseconds (weir_after);
 *           WEIR_NOW: as weir_queue_tryput, but for the error number
 * Returns:  0 | ETIMEDOUT full, or another thread is in the middle of a get
 *           | ESHUTDOWN
 * Source:   as weir_queue_put */
WEIR_API int weir_queue_put_until(weir_queue_t *q, const void *e,
                                  weir_deadline_t deadline);

/* As weir_queue_put_until, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    as weir_queue_put_until; acquire on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_queue_put_until | ECANCELED nothing was put
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_queue_put_with(weir_queue_t *q, const void *e,
                                 weir_deadline_t deadline, weir_token_t *token);

/* Append n elements, in order, sleeping whenever the queue is full.  They
 * are claimed in runs as long as the room allows; elements of other
 * producers may come between runs.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    as weir_queue_put for each element
 * Params:   e  n elements of elem_size bytes, back to back; deadline  a past
 *           time: as many as there is room for; done  NULL, or receives how
 *           many were appended, whatever the result
 * Returns:  0 all n (n may be 0) | ETIMEDOUT | ESHUTDOWN: the first *done
 *           elements are in the queue
 * Source:   as weir_queue_put */
WEIR_API int weir_queue_put_many(weir_queue_t *q, const void *e, size_t n,
                                 weir_deadline_t deadline, size_t *done);

/* As weir_queue_put_many, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    as weir_queue_put_many; acquire on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_queue_put_many | ECANCELED *done tells how many were moved
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_queue_put_many_with(weir_queue_t *q, const void *e, size_t n,
                                      weir_deadline_t deadline,
                                      weir_token_t *token, size_t *done);

/* Take the oldest element into e, sleeping while the queue is empty.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking
 * Order:    acquire: sees what preceded the put of the element
 * Params:   e  receives elem_size bytes
 * Returns:  0 | ESHUTDOWN closed and empty (e is unchanged)
 * Source:   as weir_queue_put */
WEIR_API_INLINE int weir_queue_get(weir_queue_t *q, void *e);

/* Take the oldest element unless the queue is empty.
 * Context:  does not sleep for an element; may wait for another thread that
 *           is in the middle of a put (see Progress above)
 * Order:    as weir_queue_get on success
 * Returns:  0 | EAGAIN empty | ESHUTDOWN closed and empty
 * Source:   as weir_queue_put */
WEIR_API_INLINE int weir_queue_tryget(weir_queue_t *q, void *e);

/* As weir_queue_get, but give up when the deadline has passed.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    as weir_queue_get on success
 * Params:   deadline  absolute CLOCK_MONOTONIC nanoseconds (weir_after);
 *           WEIR_NOW: as weir_queue_tryget, but for the error number
 * Returns:  0 | ETIMEDOUT empty, or another thread is in the middle of a put
 *           | ESHUTDOWN
 * Source:   as weir_queue_put */
WEIR_API int weir_queue_get_until(weir_queue_t *q, void *e,
                                  weir_deadline_t deadline);

/* As weir_queue_get_until, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    as weir_queue_get_until; acquire on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_queue_get_until | ECANCELED nothing was taken
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_queue_get_with(weir_queue_t *q, void *e,
                                 weir_deadline_t deadline, weir_token_t *token);

/* Take n elements, sleeping whenever the queue is empty.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    as weir_queue_get for each element
 * Params:   e  receives n elements of elem_size bytes; deadline  a past
 *           time: as many as there are; done  NULL, or receives how many
 *           were taken, whatever the result
 * Returns:  0 all n (n may be 0) | ETIMEDOUT | ESHUTDOWN: the first *done
 *           elements of e were taken
 * Source:   as weir_queue_put */
WEIR_API int weir_queue_get_many(weir_queue_t *q, void *e, size_t n,
                                 weir_deadline_t deadline, size_t *done);

/* As weir_queue_get_many, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    as weir_queue_get_many; acquire on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_queue_get_many | ECANCELED *done tells how many were moved
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_queue_get_many_with(weir_queue_t *q, void *e, size_t n,
                                      weir_deadline_t deadline,
                                      weir_token_t *token, size_t *done);

/* Close the queue: puts fail from now on, gets drain what is there and then
 * fail, all with ESHUTDOWN; everybody who sleeps is woken.  A put that has
 * claimed its place before is completed, and its element will be got.
 * Idempotent; a closed queue stays closed.
 * Context:  any thread; may make system calls
 * Progress: lock-free
 * Order:    acq_rel
 * Returns:  0
 * Source:   none */
WEIR_API int weir_queue_close(weir_queue_t *q);

/* Wait until a closed queue is empty, that is until a get has claimed each
 * of its elements.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    acquire
 * Returns:  0 | EBUSY the queue is not closed | ETIMEDOUT
 * Source:   none */
WEIR_API int weir_queue_drain(weir_queue_t *q, weir_deadline_t deadline);

/* As weir_queue_drain, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    as weir_queue_drain; acquire on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_queue_drain | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_queue_drain_with(weir_queue_t *q, weir_deadline_t deadline,
                                   weir_token_t *token);

/* For programs that sleep in epoll: have an eventfd(2) written to when get
 * (put) would not block any more, once; at once if it does not.  The way of it:
 * read the file, get until EAGAIN, arm it again.
 *   Putters (getters) pay for it only while something is armed, or somebody
 * sleeps.  Of several that wait, files and threads, each file is written to.
 * Context:  any thread; not async-signal-safe; may make system calls
 * Progress: lock-free
 * Order:    none: who gets an element acquires
 * Params:   fd  an eventfd, made with EFD_NONBLOCK, and written to as long as it
 *               is armed: disarm it before
 *               it is closed, or the queue destroyed
 * Returns:  0 | EINVAL a shared queue, or no file | EALREADY it is armed
 *           | EAGAIN 1024 are armed in this process | EOPNOTSUPP the kernel
 *             refuses membarrier(2), which it did not before
 * Source:   eventfd(2); folly's EventFD queues, armed only while awaited */
WEIR_API int weir_queue_arm_not_empty(weir_queue_t *q, int fd);
WEIR_API int weir_queue_arm_not_full(weir_queue_t *q, int fd);

/* Take it back: nobody writes to fd for this side of *q after that.
 * Context:  any thread; not async-signal-safe
 * Progress: blocking, for as long as another takes to write
 * Returns:  0 | ESRCH it is not armed, or was written to
 * Source:   as weir_queue_arm_not_empty */
WEIR_API int weir_queue_disarm_not_empty(weir_queue_t *q, int fd);
WEIR_API int weir_queue_disarm_not_full(weir_queue_t *q, int fd);

/* How many elements are in the queue: a snapshot, 0 to capacity.
 * Context:  any
 * Order:    none
 * Returns:  elements
 * Source:   none */
WEIR_API size_t weir_queue_len(const weir_queue_t *q);

/* How many elements the queue can hold, as given to init.
 * Context:  any
 * Order:    none
 * Returns:  elements
 * Source:   none */
WEIR_API size_t weir_queue_capacity(const weir_queue_t *q);

/* The size of an element, as given to init.
 * Context:  any
 * Order:    none
 * Returns:  bytes
 * Source:   none */
WEIR_API size_t weir_queue_elem_size(const weir_queue_t *q);

/* Whether the queue is empty, or full: snapshots.
 * Context:  any
 * Order:    none
 * Returns:  true or false
 * Source:   none */
WEIR_API bool weir_queue_empty(const weir_queue_t *q);
WEIR_API bool weir_queue_full(const weir_queue_t *q);

/* Whether the queue has been closed.
 * Context:  any
 * Order:    acquire
 * Returns:  true once it has
 * Source:   none */
WEIR_API bool weir_queue_closed(const weir_queue_t *q);

#ifdef __cplusplus
}
#endif

#include <weir/inline/queue.h>
#if defined(WEIR_ANNOTATED_)
#include <weir/inline/queue_tsan.h>
#endif

#endif
