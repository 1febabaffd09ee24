/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What clang's thread-safety analysis and ThreadSanitizer are told about
 * weir, and names for telling them about your own code.
 *
 * Analysis at compile time (clang -Wthread-safety; nothing elsewhere):
 *
 *   static weir_mutex_t lock;
 *   static int balance WEIR_GUARDED_BY(lock);
 *   static void pay(int amount) WEIR_REQUIRES(lock);
 *
 * clang then warns where balance is touched, or pay is called, without the
 * lock, and where a function returns with it.  A function that hands a lock
 * over, or takes it under a condition that clang does not follow, says
 * WEIR_NO_THREAD_SAFETY_ANALYSIS.  (In C, some versions of clang cannot have
 * a member of a struct guarded by another member.)
 *
 * ThreadSanitizer (-fsanitize=thread, gcc and clang): programs are checked
 * against the promises of these headers, by annotations that are compiled
 * into the program, so that they hold with a library built without
 * ThreadSanitizer too (src/base/version.c says which it is).
 *
 *   mutex    races.  The library's own accesses are left out: a lock is
 *            what its header says.
 *   barrier, races.  With a library built with ThreadSanitizer nothing is
 *   queue,   annotated, since it sees the real orders.  With another one a
 *   sem,     barrier, queue or timer is one clock: whoever gets from a queue is
 *   event,   taken to see all puts that began before, not only that of its
 *   timer    element.  So some races stay unseen, and none is invented.
 *   latch, once, seqlock
 *            as the barrier.  What a seqlock's load and store copy is atomic
 *            to the sanitizer, and every other access to it is a race.
 *
 * WEIR_TSAN_OWNED  define it for a program that unlocks each mutex in the
 *            thread that locked it: then mutexes that are locked in opposite
 *            orders are reported too, and an unlock by another thread, and
 *            reports name the mutexes that were held.
 * WEIR_NO_ANNOTATIONS  define it to have the sanitizer see the library as it
 *            is: only what was compiled with -fsanitize=thread.
 */
#ifndef WEIR_ANNOTATE_H
#define WEIR_ANNOTATE_H

#if defined(__clang__)
#define WEIR_ATTRIBUTE_(x) __attribute__((x))
#else
#define WEIR_ATTRIBUTE_(x)
#endif

/* A type that can be held; name is how clang speaks of it. */
#define WEIR_CAPABILITY(name) WEIR_ATTRIBUTE_(capability(name))

/* Data: touched under the lock only; or, what the pointer points to is. */
#define WEIR_GUARDED_BY(lock) WEIR_ATTRIBUTE_(guarded_by(lock))
#define WEIR_PT_GUARDED_BY(lock) WEIR_ATTRIBUTE_(pt_guarded_by(lock))

/* Functions: returns with the lock; returns with it if the result is
 * success; gives it back; to be called with it; to be called without.  SHARED:
 * with the lock for reading. */
#define WEIR_ACQUIRE(...) WEIR_ATTRIBUTE_(acquire_capability(__VA_ARGS__))
#define WEIR_TRY_ACQUIRE(success, ...)                                         \
    WEIR_ATTRIBUTE_(try_acquire_capability(success, __VA_ARGS__))
#define WEIR_RELEASE(...) WEIR_ATTRIBUTE_(release_capability(__VA_ARGS__))
#define WEIR_REQUIRES(...) WEIR_ATTRIBUTE_(requires_capability(__VA_ARGS__))
#define WEIR_ACQUIRE_SHARED(...)                                               \
    WEIR_ATTRIBUTE_(acquire_shared_capability(__VA_ARGS__))
#define WEIR_TRY_ACQUIRE_SHARED(success, ...)                                  \
    WEIR_ATTRIBUTE_(try_acquire_shared_capability(success, __VA_ARGS__))
#define WEIR_RELEASE_SHARED(...)                                               \
    WEIR_ATTRIBUTE_(release_shared_capability(__VA_ARGS__))
#define WEIR_REQUIRES_SHARED(...)                                              \
    WEIR_ATTRIBUTE_(requires_shared_capability(__VA_ARGS__))
#define WEIR_EXCLUDES(...) WEIR_ATTRIBUTE_(locks_excluded(__VA_ARGS__))
#define WEIR_NO_THREAD_SAFETY_ANALYSIS                                         \
    WEIR_ATTRIBUTE_(no_thread_safety_analysis)

#if defined(__SANITIZE_THREAD__)
#define WEIR_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WEIR_TSAN 1
#endif
#endif

#if defined(WEIR_TSAN)

/* Only a library that was built with ThreadSanitizer has it. */
__attribute__((visibility("default"),
               weak)) extern const char weir_instrumented_;

#if !defined(WEIR_NO_ANNOTATIONS)
#include <sanitizer/tsan_interface.h>

#define WEIR_ANNOTATED_ 1
/* Whether the sanitizer sees nothing of what the library does. */
#define weir_tsan_blind_() (&weir_instrumented_ == (const char *)0)
#endif

#endif

#endif
