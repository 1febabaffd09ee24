/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Threads that can be joined by many, with names, numbers that are never used
 * twice, and a list of all that are alive.  Python's threading.Thread and the
 * functions of its module.
 *
 *   static void *work(void *job) { ...; return answer; }
 *
 *   weir_thread_t thread;
 *   void *answer;
 *
 *   weir_thread_init(&thread, NULL, work, &job);
 *   weir_thread_start(&thread);
 *   ...
 *   weir_thread_join(&thread, WEIR_FOREVER, &answer);
 *
 * A thread is new, then alive (from weir_thread_start), then ended, for good.
 * To run the function again, initialise the object again.  Threads are those
 * of libc: thread-local variables, pthread_self, signals and stacks are as in
 * any other, and pthread calls for them work, but pthread_join and
 * pthread_detach.
 *
 * The end: a thread has ended when its function has returned (or it called
 * pthread_exit, or was cancelled: then its result is NULL) and destructors of
 * thread-local and thread-specific data have run: those of C++, and two
 * rounds of pthread_key_create's.  What they did is visible to who joined.
 *
 * Lifetime: the object belongs to the caller, needs no destroy and allocates
 * nothing that outlives the thread.  It may be freed when a join has returned
 * 0 and no other call for it is under way; by the thread itself never.  The
 * last access of the ending thread is the store that lets joiners go.
 *
 * Exit: when main returns all threads die with the process, as is usual in C.
 * Threads that are not daemons are waited for by weir_thread_join_all, and at
 * exit where weir_thread_join_at_exit was called.
 *
 * Fork: the child has one thread, which is its main.  All others have ended
 * there, with the result NULL, and can be joined.
 *
 * Other threads (main, and those of pthread_create or thrd_create) are
 * "foreign".  weir_thread_current makes an object for them, which the library
 * frees when they end.
 */
#ifndef WEIR_THREAD_H
#define WEIR_THREAD_H

#include <sys/types.h>

#include <weir/base.h>
#include <weir/token.h>
#include <weir/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Largest number of a CPU in attributes, plus one. */
#define WEIR_THREAD_CPUS 1024

/* attr.flags.  Without the first two a thread is a daemon if the one that
 * initialises it is; foreign threads are, main is not. */
#define WEIR_THREAD_DAEMON 1u
#define WEIR_THREAD_NOT_DAEMON 2u
#define WEIR_THREAD_SCHED 4u /* policy and priority are given */

/* attr.guard_size: no guard. */
#define WEIR_THREAD_NO_GUARD SIZE_MAX
/* weir_thread_stack_size: only tell. */
#define WEIR_THREAD_KEEP SIZE_MAX

/* How a thread is to be; all zero: as most are.  Copied by
 * weir_thread_init, with what it points at, but for the name. */
typedef struct weir_thread_attr {
    const char *name;  /* kept, not copied; NULL or "": "Thread-N" */
    size_t stack_size; /* bytes; 0: see weir_thread_stack_size */
    size_t guard_size; /* bytes below the stack; 0: libc's choice */
    unsigned flags;    /* WEIR_THREAD_... */
    int policy;        /* SCHED_... (sched.h), with WEIR_THREAD_SCHED */
    int priority;
    const void *cpus;        /* a cpu_set_t; NULL: those of the starter */
    size_t cpus_size;        /* of that set, in bytes */
    const void *signal_mask; /* a sigset_t; NULL: that of the starter */
} weir_thread_attr_t;

/* The words are described in src/thread/life.c; nothing here is for users. */
typedef struct weir_thread {
    WEIR_ATOMIC(uint32_t) state;
    uint32_t native_id;
    WEIR_ATOMIC(uint64_t) ident;
    void *result;
    void *(*fn)(void *);
    void *arg;
    WEIR_ATOMIC(uintptr_t) name; /* 0: own_name */
    void *entry;                 /* in the registry */
    uintptr_t handle;            /* libc's pthread_t */
    size_t stack_size;
    size_t guard_size;
    uint64_t signal_mask;
    int32_t policy;
    int32_t priority;
    uint32_t options;
    int32_t error;
    weir_deadline_t began;
    uint64_t cpus[WEIR_THREAD_CPUS / 64];
    char own_name[32];
    /* What init was given, under ThreadSanitizer. */
    void *(*given_fn)(void *);
    void *given_arg;
} weir_thread_t;

/* Make *t a new thread that will call fn(arg).
 * Context:  any; nobody else may be using *t
 * Progress: wait-free
 * Order:    none: publish *t to other threads as you would any object
 * Params:   attr  NULL: as all zero; attr->name must stay for as long as *t
 * Returns:  0 | EINVAL fn is NULL, an unknown flag or two that contradict, a
 *           stack smaller than libc allows, CPUs beyond WEIR_THREAD_CPUS or
 *           none
 * Source:   Python's Thread(target, name, daemon) */
WEIR_API int weir_thread_init(weir_thread_t *t, const weir_thread_attr_t *attr,
                              void *(*fn)(void *), void *arg);

/* Start the thread.  It is alive, and listed, when this returns; it may have
 * ended as well.
 * Context:  may sleep: until the thread has taken its CPUs and its policy,
 *           where attributes ask for them; not async-signal-safe
 * Progress: that of pthread_create
 * Order:    release: what was done before is visible to fn
 * Returns:  0 | EALREADY it was started or run before
 *           | EAGAIN no memory, or too many threads
 *           | EINVAL *t is not initialised, the stack is too small for this
 *           program's thread-local data, or no such CPU, policy or priority
 *           | EPERM policy or priority are not allowed
 *           After EAGAIN, EINVAL and EPERM it is new, and may be started
 *           again.
 * Source:   Python's Thread.start */
WEIR_API int weir_thread_start(weir_thread_t *t);

/* Call fn(arg) here, in the calling thread, instead of starting one; then *t
 * has ended, and join gives the result to whoever asks.  fn must return.
 * Context:  that of fn
 * Order:    as weir_thread_start and the end of a thread
 * Returns:  0 | EALREADY it was started or run before
 *           | EINVAL *t is not initialised
 * Source:   Python's Thread.run */
WEIR_API int weir_thread_run(weir_thread_t *t);

/* Wait until the thread has ended.  Any number of threads may, any number of
 * times; two that join each other wait for ever.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    acquire: sees all that the thread did
 * Params:   deadline  absolute CLOCK_MONOTONIC nanoseconds (weir_after); a
 *           past time: one try; result  NULL, or receives what fn returned
 * Returns:  0 | ETIMEDOUT it is alive | ESRCH it is new | EDEADLK it is the
 *           calling thread | EINVAL it is foreign, which nobody sees end;
 *           main may be joined, and ends if it calls pthread_exit
 * Lifetime: see the top
 * Source:   Python's Thread.join */
WEIR_API int weir_thread_join(weir_thread_t *t, weir_deadline_t deadline,
                              void **result);

/* As weir_thread_join, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    as weir_thread_join; acquire on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_thread_join | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_thread_join_with(weir_thread_t *t, weir_deadline_t deadline,
                                   weir_token_t *token, void **result);

/* Whether the thread was started and has not ended.
 * Context:  any; async-signal-safe
 * Order:    acquire: if false, and it was started, sees all that it did
 * Returns:  true if alive; stale when it returns, false is not
 * Source:   Python's Thread.is_alive */
WEIR_API bool weir_thread_is_alive(const weir_thread_t *t);

/* The name.
 * Context:  any; async-signal-safe
 * Order:    acquire
 * Returns:  what attributes or weir_thread_set_name gave; else "Thread-N",
 *           with N from 1 on; "MainThread"; "Dummy-N" of foreign threads
 * Lifetime: the default is part of *t
 * Source:   Python's Thread.name */
WEIR_API const char *weir_thread_name(const weir_thread_t *t);

/* Give the thread another name, at any time.  The kernel's name of it (in top
 * or gdb) is the first 15 bytes, less what would be a part of a character.
 * Context:  may sleep, not for long; not async-signal-safe
 * Progress: blocking
 * Order:    release
 * Params:   name  kept, not copied: it must stay for as long as *t, or until
 *           another is given and nobody uses this one
 * Returns:  0 | EINVAL name is NULL
 * Source:   Python's Thread.name */
WEIR_API int weir_thread_set_name(weir_thread_t *t, const char *name);

/* The thread's number: unique in the process for all time, and the owner that
 * the library's locks know.
 * Context:  any; waits for the thread to begin, if it was started just now
 * Order:    none
 * Returns:  0 if it is new, or has never begun; kept when it has ended
 * Source:   Python's Thread.ident, which is used again */
WEIR_API uint64_t weir_thread_ident(const weir_thread_t *t);

/* The kernel's number of the thread, as gettid and top have it.
 * Context:  any; waits for the thread to begin, if it was started just now
 * Order:    none
 * Returns:  0 if it is new, or has never begun; kept when it has ended, when
 *           the kernel may give it to another
 * Source:   Python's Thread.native_id */
WEIR_API pid_t weir_thread_native_id(const weir_thread_t *t);

/* Whether nobody waits for the thread at exit.
 * Context:  any; async-signal-safe
 * Order:    none
 * Returns:  true if it is a daemon; foreign threads are, main is not
 * Source:   Python's Thread.daemon */
WEIR_API bool weir_thread_daemon(const weir_thread_t *t);

/* Choose whether somebody waits for the thread at exit, before it is started.
 * Context:  any; async-signal-safe
 * Progress: lock-free
 * Order:    none
 * Returns:  0 | EBUSY it was started or run
 * Source:   Python's Thread.daemon */
WEIR_API int weir_thread_set_daemon(weir_thread_t *t, bool daemon);

/* The thread that calls this.
 * Context:  any thread; not async-signal-safe
 * Progress: wait-free; the first call in a foreign thread allocates
 * Order:    none
 * Returns:  its object, foreign or not; NULL where there is no memory for
 *           that, and in destructors that run after the thread has ended (see
 *           the top)
 * Lifetime: that of a foreign thread: freed when it ends
 * Source:   Python's threading.current_thread, without the leak of dummies */
WEIR_API weir_thread_t *weir_thread_current(void);

/* The main thread: that in which main was called, or which forked this
 * process.
 * Context:  any
 * Order:    none
 * Returns:  never NULL; its ident is 0 until it uses the library, if another
 *           thread has loaded that
 * Source:   Python's threading.main_thread */
WEIR_API weir_thread_t *weir_thread_main(void);

/* How many threads are alive and known: those of weir_thread_start, main, and
 * foreign ones that called weir_thread_current.
 * Context:  any; async-signal-safe
 * Progress: wait-free
 * Order:    none
 * Returns:  at least 1; stale when it returns
 * Source:   Python's threading.active_count */
WEIR_API unsigned weir_thread_active_count(void);

/* List all threads that are alive and known, oldest first.  Takes no lock,
 * and holds up nobody who starts or ends: what was alive all the time is there
 * once; what began or ended meanwhile may be.
 * Context:  any thread; not async-signal-safe
 * Progress: wait-free; where the library was built without liburcu it blocks
 * Order:    acquire: sees each thread as it was started
 * Params:   out  receives up to cap of them; NULL if cap is 0
 * Returns:  how many there are, which may be more than cap
 * Lifetime: of the objects, not prolonged: know that they are not freed
 * Source:   Python's threading.enumerate; liburcu */
WEIR_API size_t weir_thread_enumerate(weir_thread_t **out, size_t cap);

/* weir_thread_ident of the calling thread, foreign or not, without an object.
 * Context:  any; async-signal-safe
 * Progress: wait-free
 * Order:    none
 * Returns:  never 0; the same in a child after fork
 * Source:   Python's threading.get_ident */
WEIR_API uint64_t weir_get_ident(void);

/* The kernel's number of the calling thread, cached, and right after fork.
 * Context:  any; async-signal-safe
 * Progress: wait-free
 * Order:    none
 * Returns:  what gettid returns
 * Source:   Python's threading.get_native_id */
WEIR_API pid_t weir_get_native_id(void);

/* Set how large the stacks of threads are that are started from now on and
 * have no size of their own.
 * Context:  any; async-signal-safe
 * Progress: lock-free
 * Order:    none
 * Params:   size  bytes, rounded up to pages; 0: libc's default;
 *           WEIR_THREAD_KEEP: no change; old  NULL, or receives what it was
 * Returns:  0 | EINVAL smaller than libc allows, or no size at all
 * Source:   Python's threading.stack_size */
WEIR_API int weir_thread_stack_size(size_t size, size_t *old);

/* Wait until all threads of weir_thread_start that are not daemons have
 * ended, also those that they start meanwhile; but not for the caller, nor, if
 * it is one of them, for others that are in this call as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline
 * Order:    acquire: sees all that they did
 * Returns:  0 | ETIMEDOUT
 * Source:   Python's threading._shutdown */
WEIR_API int weir_thread_join_all(weir_deadline_t deadline);

/* As weir_thread_join_all, until a token is cancelled as well.
 * Context:  may sleep; not async-signal-safe
 * Progress: blocking, bounded by the deadline, and until the token is cancelled
 * Order:    as weir_thread_join_all; acquire on ECANCELED
 * Params:   token  ends the wait as the deadline does (token.h); NULL: none
 * Returns:  as weir_thread_join_all | ECANCELED
 * Source:   Go's contexts; nsync's waits with a note */
WEIR_API int weir_thread_join_all_with(weir_deadline_t deadline,
                                       weir_token_t *token);

/* Have exit (and return from main) call weir_thread_join_all(WEIR_FOREVER), in
 * the order of atexit(3): after what is registered later.
 * Context:  any thread
 * Order:    none
 * Returns:  0, also if it was called before | EAGAIN atexit has no room
 * Source:   Python's exit, which always does */
WEIR_API int weir_thread_join_at_exit(void);

/* -- Failures ----------------------------------------------------------- */

typedef struct weir_failure {
    weir_thread_t *thread; /* that fails; NULL: see weir_thread_current */
    uint64_t ident;        /* its weir_thread_ident */
    int code;
    const char *message; /* never NULL */
} weir_failure_t;

/* The failure is the hook's for the time of the call. */
typedef void (*weir_failhook_t)(const weir_failure_t *failure);

/* Report that the calling thread fails: call the hook, or, if none is set,
 * write a line to stderr.  The thread goes on, and ends as it likes.  A hook
 * that fails itself, by calling this, has reported nothing: both failures are
 * written to stderr.
 * Context:  that of the hook; by default any thread
 * Order:    none
 * Params:   code  any number, an errno as a rule; message  NULL: what
 *           weir_strerror says of code
 * Returns:  0
 * Source:   Python's threading.excepthook */
WEIR_API int weir_thread_fail(int code, const char *message);

/* Have hook called for each failure of any thread, in that thread; NULL: the
 * default.
 * Context:  any; async-signal-safe
 * Progress: lock-free
 * Order:    release: what was done before is visible to the hook
 * Returns:  the hook before; NULL if it was the default
 * Source:   Python's threading.excepthook */
WEIR_API weir_failhook_t weir_set_failhook(weir_failhook_t hook);

#ifdef __cplusplus
}
#endif

#if defined(WEIR_ANNOTATED_)
#include <weir/inline/thread_tsan.h>
#endif

#endif
