/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * The atomic seam as the explorer has it: each operation is a call that lets
 * the explorer decide which thread goes on, and what a load returns.  Not an
 * interface: code that is to be explored is compiled with
 *
 *   -DWEIR_ATOMIC_SEAM='<weir/inline/explore_atomic.h>'
 *
 * (the CMake target weir::explore says so by itself), and then everything in
 * weir/inline/atomic.h and in src/base/atomic.h means what stands here.
 *
 * Atomic words are plain ones in such a build: the explorer runs all threads
 * of a program on one thread of the machine.
 */
#ifndef WEIR_INLINE_EXPLORE_ATOMIC_H
#define WEIR_INLINE_EXPLORE_ATOMIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Memory orders, weakest first. */
enum weir_explore_order {
    WEIR_EXPLORE_RLX,
    WEIR_EXPLORE_ACQ,
    WEIR_EXPLORE_REL,
    WEIR_EXPLORE_ACQ_REL,
    WEIR_EXPLORE_SC
};

enum weir_explore_rmw {
    WEIR_EXPLORE_ADD,
    WEIR_EXPLORE_OR,
    WEIR_EXPLORE_AND,
    WEIR_EXPLORE_XCHG
};

/* The site of an operation: "file:line|operand". */
uint64_t weir_explore_load_(const volatile void *p, size_t size,
                            enum weir_explore_order order, const char *site);
void weir_explore_store_(volatile void *p, size_t size, uint64_t value,
                         enum weir_explore_order order, const char *site);
/* Writes what it found to *expected when it fails. */
bool weir_explore_cas_(volatile void *p, void *expected, size_t size,
                       uint64_t value, enum weir_explore_order order,
                       const char *site);
uint64_t weir_explore_rmw_(volatile void *p, size_t size,
                           enum weir_explore_rmw rmw, uint64_t operand,
                           enum weir_explore_order order, const char *site);
void weir_explore_fence_(enum weir_explore_order order, const char *site);
/* Which of the threads runs, as in weir/explore.h: 0 is setup, or check. */
#define WEIR_EXPLORE_TIDS_ 9
uint32_t weir_explore_tid(void);
void *weir_explore_memcpy_(void *to, const void *from, size_t n,
                           const char *site);

#ifdef __cplusplus
}
#endif

#define WEIR_EXPLORE_TEXT2_(x) #x
#define WEIR_EXPLORE_TEXT_(x) WEIR_EXPLORE_TEXT2_(x)
#define WEIR_EXPLORE_SITE_(operand)                                            \
    (__FILE__ ":" WEIR_EXPLORE_TEXT_(__LINE__) "|" operand)

/* The type of the value at p, without qualifiers. */
#define WEIR_EXPLORE_TYPE_(p) __typeof__(*(p) + 0)

#define weir_explore_load_as_(p, order, text)                                  \
    ((WEIR_EXPLORE_TYPE_(p))weir_explore_load_(                                \
        (p), sizeof(*(p)), WEIR_EXPLORE_##order, WEIR_EXPLORE_SITE_(text)))
#define weir_explore_store_as_(p, v, order, text)                              \
    weir_explore_store_((p), sizeof(*(p)), (uint64_t)(v),                      \
                        WEIR_EXPLORE_##order, WEIR_EXPLORE_SITE_(text))
#define weir_explore_cas_as_(p, e, v, order, text)                             \
    weir_explore_cas_((p), (e), sizeof(*(p)), (uint64_t)(v),                   \
                      WEIR_EXPLORE_##order, WEIR_EXPLORE_SITE_(text))
#define weir_explore_rmw_as_(p, op, v, order, text)                            \
    ((WEIR_EXPLORE_TYPE_(p))weir_explore_rmw_(                                 \
        (p), sizeof(*(p)), WEIR_EXPLORE_##op, (uint64_t)(v),                   \
        WEIR_EXPLORE_##order, WEIR_EXPLORE_SITE_(text)))

#define WEIR_ATOMIC(T) T

#define weir_load_rlx_(p) weir_explore_load_as_(p, RLX, #p)
#define weir_load_acq_(p) weir_explore_load_as_(p, ACQ, #p)
#define weir_load_sc_(p) weir_explore_load_as_(p, SC, #p)
#define weir_store_rlx_(p, v) weir_explore_store_as_(p, v, RLX, #p)
#define weir_store_rel_(p, v) weir_explore_store_as_(p, v, REL, #p)
#define weir_store_sc_(p, v) weir_explore_store_as_(p, v, SC, #p)
#define weir_cas_rlx_(p, e, v) weir_explore_cas_as_(p, e, v, RLX, #p)
#define weir_cas_acq_(p, e, v) weir_explore_cas_as_(p, e, v, ACQ, #p)
#define weir_cas_rel_(p, e, v) weir_explore_cas_as_(p, e, v, REL, #p)
#define weir_cas_acq_rel_(p, e, v) weir_explore_cas_as_(p, e, v, ACQ_REL, #p)
#define weir_cas_sc_(p, e, v) weir_explore_cas_as_(p, e, v, SC, #p)
#define weir_fetch_add_rlx_(p, v) weir_explore_rmw_as_(p, ADD, v, RLX, #p)
#define weir_fetch_add_acq_rel_(p, v)                                          \
    weir_explore_rmw_as_(p, ADD, v, ACQ_REL, #p)
#define weir_fetch_add_sc_(p, v) weir_explore_rmw_as_(p, ADD, v, SC, #p)
#define weir_fetch_or_rel_(p, v) weir_explore_rmw_as_(p, OR, v, REL, #p)
#define weir_fetch_or_sc_(p, v) weir_explore_rmw_as_(p, OR, v, SC, #p)
#define weir_fetch_and_sc_(p, v) weir_explore_rmw_as_(p, AND, v, SC, #p)
#define weir_exchange_sc_(p, v) weir_explore_rmw_as_(p, XCHG, v, SC, #p)
#define weir_exchange_acq_rel_(p, v)                                           \
    weir_explore_rmw_as_(p, XCHG, v, ACQ_REL, #p)
#define weir_fence_acq_()                                                      \
    weir_explore_fence_(WEIR_EXPLORE_ACQ, WEIR_EXPLORE_SITE_(""))
#define weir_fence_rel_()                                                      \
    weir_explore_fence_(WEIR_EXPLORE_REL, WEIR_EXPLORE_SITE_(""))
#define weir_fence_sc_()                                                       \
    weir_explore_fence_(WEIR_EXPLORE_SC, WEIR_EXPLORE_SITE_(""))

/* Calls keep the compiler from moving memory accesses across. */
#define weir_compiler_barrier_() ((void)0)

/* All threads of a program are one of the machine: what is of each is an
 * element of an array, one more for setup and check, and put back at the end
 * of an execution as other variables are. */
#define WEIR_THREAD_LOCAL_(T, name) T name[WEIR_EXPLORE_TIDS_]
#define weir_thread_local_(name) weir_load_rlx_(&(name)[weir_explore_tid()])
#define weir_set_thread_local_(name, value)                                    \
    weir_store_rlx_(&(name)[weir_explore_tid()], (uintptr_t)(value))

#ifndef __cplusplus
/* Elements of a queue are plain data: two threads that copy to and from one
 * place must be ordered, and the explorer sees to that. */
#define memcpy(to, from, n)                                                    \
    weir_explore_memcpy_((to), (from), (n), WEIR_EXPLORE_SITE_(#to))
#endif

#endif
