// SPDX-License-Identifier: MIT
// SPDX-FileCopyrightText: 2026 The weir authors
//
// The atomic seam and the library's ground floor on relacy: each atomic word
// is an rl::atomic of 64 bits, found by its address; the library's sources
// and the client programs are the same objects that the explorer would run.
//
// Words that are there when an execution begins must be made before its
// threads start, so that all have seen them: which ones there are is learnt
// in executions whose result does not count.  Those on a thread's stack are
// not there then: each is made when it is first used.
#include "engine.h"

#include <relacy/pch.hpp>

#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>

// The fence that membarrier lets other threads pass is not an operation of
// theirs that relacy offers; nor does it tell who can go on.
#define private public
#define protected public
#include <relacy/relacy.hpp>
#undef private
#undef protected
#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef assert
#undef errno

extern "C" {
#include <weir/inline/explore_atomic.h>

#include "base/answer.h"
#include "base/cpu.h"
#include "base/panic.h"
#include "base/self.h"
#include "base/spin.h"
#include "base/time.h"
#include "futex/parked.h"
#include "futex/revoke.h"
#include "futex/sys.h"
#include "thread/timer_service.h"
}

// Where the linker begins and ends what is static.
extern char __data_start, _end;

namespace {

using word = rl::atomic<uint64_t>;
using plain = rl::var<int>;

struct known_word {
    size_t size;
};

struct sleeper {
    const volatile void *at;
    weir_deadline_t deadline;
    bool shared;
    uint32_t bits;
    rl::thread_id_t thread;
    bool parked;
    bool woken;
};

// A wait that returned without sleep.
struct vain {
    const volatile void *at;
    uint32_t expected, found;
    unsigned times; // alike, one after another
};

const struct model_program *program;
bool active; // in an execution
bool in_thread;
bool learning; // its result does not count
bool grew;
rl::map<uintptr_t, known_word>::type known_words;
rl::map<uintptr_t, int>::type known_plain;
rl::map<uintptr_t, word *>::type words;
rl::map<uintptr_t, plain *>::type plains;
rl::vector<std::pair<uintptr_t, uintptr_t>>::type freed;
rl::vector<sleeper *>::type sleepers;
struct vain vains[MODEL_THREADS];
bool refused;
unsigned jumps, spurious, timeouts;
bool doomed; // somebody will be killed
rl::thread_id_t victim;
unsigned to_live; // so many steps more
uint32_t killed;  // threads
jmp_buf ends[MODEL_THREADS];
int64_t now;
size_t allocated;
unsigned steadiness; // one step in so many may let another thread run
void (*fence_everywhere)();
bool (*others_run)();

constexpr unsigned VAIN_MAX = 4;
constexpr unsigned LIFE_MAX = 48;
constexpr size_t STATE_SIZE = 1 << 16;
constexpr size_t HEAP_SIZE = 1 << 16;
alignas(4096) unsigned char state[STATE_SIZE];
alignas(4096) unsigned char heap[HEAP_SIZE];

[[noreturn]] void fail(const char *what)
{
    if (!active) {
        fprintf(stderr, "%s\n", what);
        abort();
    }
    rl::ctx().fail_test(what, rl::test_result_user_assert_failed, $);
    abort(); // never reached
}

rl::memory_order order_of(enum weir_explore_order order)
{
    switch (order) {
    case WEIR_EXPLORE_RLX: return rl::mo_relaxed;
    case WEIR_EXPLORE_ACQ: return rl::mo_acquire;
    case WEIR_EXPLORE_REL: return rl::mo_release;
    case WEIR_EXPLORE_ACQ_REL: return rl::mo_acq_rel;
    default: return rl::mo_seq_cst;
    }
}

// "file:line|text" as relacy wants it.
rl::debug_info site_of(const char *site)
{
    return rl::debug_info(site, "", 0);
}

uint64_t read_memory(const volatile void *p, size_t size)
{
    uint64_t value = 0;

    memcpy(&value, const_cast<const void *>(p), size);
    return value;
}

void write_memory(volatile void *p, size_t size, uint64_t value)
{
    memcpy(const_cast<void *>(p), &value, size);
}

uint64_t cut(uint64_t value, size_t size)
{
    return size >= 8 ? value : value & ((UINT64_C(1) << (8 * size)) - 1);
}

bool may_die()
{
    return doomed && in_thread && rl::ctx().threadx_->index_ == victim;
}

// Out of the thread, which leaves everything as it is.
[[noreturn]] void die()
{
    doomed = false;
    killed |= 1u << victim;
    longjmp(ends[victim], 1);
}

// Before each step of a thread.
void live()
{
    if (may_die() && to_live-- == 0)
        die();
}

// Who dies in an execution, and when, if somebody does.
void choose_victim()
{
    killed = 0;
    doomed = program->kills > 0 && rl::rand(4) != 0;
    if (!doomed)
        return;
    do
        victim = static_cast<rl::thread_id_t>(rl::rand(MODEL_THREADS));
    while (!(program->mortal >> victim & 1));
    to_live = rl::rand(LIFE_MAX);
}

// After an access: others may have run until just before it.
void check_alive(const volatile void *p)
{
    uintptr_t at = reinterpret_cast<uintptr_t>(p);

    for (auto &range : freed)
        if (at >= range.first && at < range.second)
            fail("used after it was given back");
}

// Relacy lets any thread take the next step, and so hardly ever one go far
// while another stands: most steps are kept from that, in most executions.
struct step {
    bool steady = active && rl::rand(steadiness) != 0;

    step()
    {
        if (steady)
            rl::ctx().disable_preemption();
    }
    ~step()
    {
        if (steady)
            rl::ctx().enable_preemption();
    }
};

// The stacks are elsewhere: relacy makes them on the heap.
bool is_static(uintptr_t at)
{
    return at >= reinterpret_cast<uintptr_t>(&__data_start) &&
           at < reinterpret_cast<uintptr_t>(&_end);
}

word *make_word(uintptr_t at, size_t size)
{
    void *memory = std::malloc(sizeof(word));
    word *made = new (memory)
        word(read_memory(reinterpret_cast<const void *>(at), size));

    words[at] = made;
    return made;
}

word &word_at(const volatile void *p, size_t size)
{
    uintptr_t at = reinterpret_cast<uintptr_t>(p);
    auto found = words.find(at);

    if (found != words.end())
        return *found->second;
    if (is_static(at) && known_words.emplace(at, known_word{size}).second)
        grew = true;
    return *make_word(at, size);
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
              "the lower half of a word is where the word is");

// What the kernel finds where a thread is to sleep: a word of 32 bits, or the
// lower half of one of 64 (futex/park.h).
uint32_t read_futex(const volatile void *p)
{
    step step;
    uint64_t found = word_at(p, 4).load(rl::mo_relaxed, $);

    check_alive(p);
    return static_cast<uint32_t>(found);
}

plain *plain_at(const void *p)
{
    uintptr_t at = reinterpret_cast<uintptr_t>(p);
    auto found = plains.find(at);

    if (found != plains.end())
        return found->second;
    // Unchecked in this execution, which learns of it.
    if (known_plain.emplace(at, 0).second)
        grew = true;
    return nullptr;
}

// Others may run before it, which to relacy is of no matter: a race is one
// wherever they do.  But they may call membarrier there.
void access(const void *p, bool write, const char *site)
{
    plain *data = plain_at(p);

    live();
    {
        step step;
        rl::ctx().sched();
    }
    check_alive(p);
    if (data == nullptr)
        return;
    if (write)
        data->store(1, site_of(site));
    else
        (void)data->load(site_of(site));
}

bool is_state(const void *p)
{
    auto *at = static_cast<const unsigned char *>(p);

    return (at >= state && at < state + STATE_SIZE) ||
           (at >= heap && at < heap + HEAP_SIZE);
}

void make_known()
{
    for (auto &each : known_words)
        (void)make_word(each.first, each.second.size);
    for (auto &each : known_plain) {
        void *memory = std::malloc(sizeof(plain));
        plain *made = new (memory) plain;

        made->store(0, $);
        plains[each.first] = made;
    }
}

void unmake()
{
    for (auto &each : words) {
        each.second->~word();
        std::free(each.second);
    }
    for (auto &each : plains) {
        each.second->~plain();
        std::free(each.second);
    }
    words.clear();
    plains.clear();
}

void forget(sleeper *s)
{
    for (size_t i = 0; i < sleepers.size(); i++)
        if (sleepers[i] == s)
            sleepers.erase(sleepers.begin() + static_cast<ptrdiff_t>(i--));
}

// Whether a sleeper's deadline may pass.  Where those that look again by
// themselves are part of a program, time passes as often as that allows, and
// when nobody can go on, in order.
bool passes(const sleeper *sleeping)
{
    if (!(program->flags & MODEL_NETS))
        return true;
    if (timeouts > 0) {
        timeouts--;
        return true;
    }
    for (sleeper *s : sleepers)
        if (s->parked && s->deadline < sleeping->deadline)
            return false;
    return !others_run();
}

// Until woken, or for another reason.
rl::unpark_reason park(sleeper *self)
{
    rl::unpark_reason why;

    self->parked = true;
    do {
        bool is_timed = self->deadline != WEIR_FOREVER || may_die();

        why = rl::ctx().park_current_thread(is_timed, spurious > 0, false, $);
        if (why == rl::unpark_reason_timeout && may_die() &&
            (self->deadline == WEIR_FOREVER || rl::rand(2) == 0)) {
            forget(self);
            die();
        }
    } while (why == rl::unpark_reason_timeout && !self->woken && !passes(self));
    self->parked = false;
    forget(self);
    return why;
}

// Each thread of some programs is a process.
bool is_same_process(rl::thread_id_t thread)
{
    return !(program->flags & MODEL_PROCESSES) ||
           thread == rl::ctx().threadx_->index_;
}

// A private futex is not the shared one at its address.
bool is_called(const sleeper *s, const volatile void *at, uint32_t bits,
               bool shared)
{
    return s->at == at && (s->bits & bits) && s->shared == shared &&
           (shared || is_same_process(s->thread));
}

// Somebody who looks again and again for what he knows not to be there would be
// let out by another in the end, since relacy is fair.
void count_vain(const volatile void *at, uint32_t expected, uint32_t found)
{
    struct vain *v = &vains[rl::ctx().threadx_->index_];

    if (v->at != at || v->expected != expected || v->found != found)
        *v = {at, expected, found, 0};
    if (++v->times > VAIN_MAX)
        fail("goes round instead of sleeping");
}

} // namespace

// -- What the programs and the sources call ---------------------------------

extern "C" {

int weir_explore_mutant_;

uint64_t weir_explore_load_(const volatile void *p, size_t size,
                            enum weir_explore_order order, const char *site)
{
    if (!active)
        return read_memory(p, size);
    live();
    step step;
    uint64_t found = word_at(p, size).load(order_of(order), site_of(site));
    check_alive(p);
    return cut(found, size);
}

void weir_explore_store_(volatile void *p, size_t size, uint64_t value,
                         enum weir_explore_order order, const char *site)
{
    if (!active) {
        write_memory(p, size, value);
        return;
    }
    live();
    step step;
    word_at(p, size).store(cut(value, size), order_of(order), site_of(site));
    check_alive(p);
}

bool weir_explore_cas_(volatile void *p, void *expected, size_t size,
                       uint64_t value, enum weir_explore_order order,
                       const char *site)
{
    uint64_t wanted = read_memory(expected, size);
    uint64_t found = wanted;
    rl::memory_order failure =
        order == WEIR_EXPLORE_SC ? rl::mo_seq_cst : rl::mo_relaxed;

    live();
    step step;

    if (active) {
        (void)word_at(p, size).compare_exchange(
            rl::bool_t<false>(), found, cut(value, size), order_of(order),
            failure, site_of(site));
        check_alive(p);
    } else {
        found = read_memory(p, size);
        if (found == wanted)
            write_memory(p, size, value);
    }
    write_memory(expected, size, found);
    return found == wanted;
}

uint64_t weir_explore_rmw_(volatile void *p, size_t size,
                           enum weir_explore_rmw rmw, uint64_t operand,
                           enum weir_explore_order order, const char *site)
{
    uint64_t found = weir_explore_load_(p, size, WEIR_EXPLORE_RLX, site);
    uint64_t next;

    do {
        switch (rmw) {
        case WEIR_EXPLORE_ADD: next = found + operand; break;
        case WEIR_EXPLORE_OR: next = found | operand; break;
        case WEIR_EXPLORE_AND: next = found & operand; break;
        default: next = operand; break;
        }
    } while (!weir_explore_cas_(p, &found, size, next, order, site));
    return found;
}

void weir_explore_fence_(enum weir_explore_order order, const char *site)
{
    if (active)
        rl::atomic_thread_fence(order_of(order), site_of(site));
}

void *weir_explore_memcpy_(void *to, const void *from, size_t n,
                           const char *site)
{
    if (active && is_state(from))
        access(from, false, site);
    if (active && is_state(to))
        access(to, true, site);
    return memcpy(to, from, n);
}

void *weir_explore_alloc(size_t size)
{
    void *made = heap + allocated;

    allocated += (size + 127) / 128 * 128;
    if (allocated > HEAP_SIZE)
        fail("the heap of an execution is full");
    return made;
}

void weir_explore_free_(void *p, size_t size, const char *site)
{
    uintptr_t at = reinterpret_cast<uintptr_t>(p);

    (void)site;
    freed.emplace_back(at, at + size);
}

void model_free_(void *memory, size_t size, const char *site)
{
    weir_explore_free_(memory, size, site);
}

void model_fail(const char *site)
{
    fail(site);
}

int model_get_(const model_data_t *data, const char *site)
{
    access(data, false, site);
    return data->value;
}

void model_set_(model_data_t *data, int value, const char *site)
{
    access(data, true, site);
    data->value = value;
}

bool model_was_killed(unsigned thread)
{
    return killed >> thread & 1;
}

// -- futex/sys.h ------------------------------------------------------------

// The kernel: enqueue, full fence, compare, sleep; and full fence, dequeue.
enum weir_slept weir_futex_wait_(const WEIR_ATOMIC(uint32_t) *at,
                                 uint32_t expected, weir_deadline_t deadline,
                                 uint32_t bits, bool shared)
{
    sleeper self = {at,    deadline, shared, bits, rl::ctx().threadx_->index_,
                    false, false};

    live();
    sleepers.push_back(&self);
    rl::atomic_thread_fence(rl::mo_seq_cst, $);
    uint32_t found = read_futex(at);
    if (self.woken)
        return WEIR_SLEPT_WOKEN;
    if (found != expected || deadline <= now) {
        forget(&self);
        count_vain(at, expected, found);
        return found != expected ? WEIR_SLEPT_CHANGED : WEIR_SLEPT_EXPIRED;
    }
    vains[self.thread].times = 0;
    rl::unpark_reason why = park(&self);
    if (why == rl::unpark_reason_normal || self.woken)
        return WEIR_SLEPT_WOKEN;
    if (why == rl::unpark_reason_timeout) {
        now = now < deadline ? deadline : now;
        return WEIR_SLEPT_EXPIRED;
    }
    if (spurious > 0)
        spurious--;
    return WEIR_SLEPT_WOKEN;
}

// As on an old kernel, so that it is the ways around it that run here.
bool weir_futex_can_wait_any_(void)
{
    return false;
}

enum weir_slept weir_futex_wait_any_(const struct weir_futex_word *at,
                                     unsigned n, weir_deadline_t deadline,
                                     unsigned *which)
{
    (void)at;
    (void)n;
    (void)deadline;
    (void)which;
    fail("slept on several words on a kernel that cannot");
}

void weir_futex_wake_(const volatile void *at, int count, uint32_t bits,
                      bool shared)
{
    live();
    rl::atomic_thread_fence(rl::mo_seq_cst, $);
    while (count-- > 0) {
        rl::vector<sleeper *>::type there;

        for (sleeper *s : sleepers)
            if (is_called(s, at, bits, shared))
                there.push_back(s);
        if (there.empty())
            return;
        sleeper *s = there[rl::rand(static_cast<unsigned>(there.size()))];
        forget(s);
        s->woken = true;
        if (s->parked)
            rl::ctx().unpark_thread(s->thread, false, $);
    }
}

// As the kernel's: a fence, one in each thread, and a fence.
/* No program here arms a file. */
void weir_eventfd_add_(int fd)
{
    (void)fd;
}

bool weir_membarrier_(void)
{
    if (!active)
        return true;
    if (!refused && (program->flags & MODEL_REFUSED_LATE) && rl::rand(3) == 0)
        refused = true;
    if (refused)
        return false;
    rl::atomic_thread_fence(rl::mo_seq_cst, $);
    fence_everywhere();
    rl::atomic_thread_fence(rl::mo_seq_cst, $);
    return true;
}

// -- base/ ------------------------------------------------------------------

weir_deadline_t weir_now(void)
{
    if (active && jumps > 0 && rl::rand(4) == 0) {
        jumps--;
        now += MODEL_JUMP_NS;
    }
    return now;
}

weir_deadline_t weir_after(int64_t ns)
{
    if (ns <= 0)
        return WEIR_NOW;
    weir_deadline_t from = weir_now();
    return ns > WEIR_FOREVER - from ? WEIR_FOREVER : from + ns;
}

weir_deadline_t weir_sooner_(weir_deadline_t deadline, int64_t ns)
{
    if (!(program->flags & MODEL_NETS))
        return deadline;
    weir_deadline_t other = weir_after(ns);
    return other < deadline ? other : deadline;
}

bool weir_expired_(weir_deadline_t deadline)
{
    if (deadline == WEIR_FOREVER)
        return false;
    return deadline <= WEIR_NOW || deadline <= weir_now();
}

/* No answer is expected. */
void weir_answer_expect_(void) {}

int64_t weir_answer_budget_(void)
{
    return 0;
}

void weir_answer_learn_(bool came)
{
    (void)came;
}

struct weir_spin weir_spin_begin_(const struct weir_spin_plan *plan)
{
    struct weir_spin spin = {};

    (void)plan;
    return spin;
}

struct weir_spin weir_spin_begin_on_(const struct weir_spin_plan *plan,
                                     const volatile void *object)
{
    (void)object;
    return weir_spin_begin_(plan);
}

bool weir_spin_again_(struct weir_spin *spin)
{
    (void)spin;
    return false;
}

void weir_spin_end_(struct weir_spin *spin)
{
    (void)spin;
}

int64_t weir_pause_cost_ps_(void)
{
    return 10000;
}

int64_t weir_wake_cost_ns_(void)
{
    return 10000;
}

uint32_t weir_patience_after_(uint32_t patience, bool paid)
{
    (void)paid;
    return patience;
}

int64_t weir_patient_budget_(uint32_t patience, int64_t budget_ns)
{
    (void)patience;
    return budget_ns;
}

// -- Who runs ---------------------------------------------------------------

// Setup runs on a thread's coroutine as well, before there are threads.
uint32_t weir_explore_tid(void)
{
    return in_thread ? rl::ctx().threadx_->index_ + 1 : 0;
}

// -- base/self.h ------------------------------------------------------------

uint64_t weir_self_ident_(void)
{
    return weir_explore_tid() + uint64_t{1};
}

uint32_t weir_self_tid_(void)
{
    return static_cast<uint32_t>(weir_self_ident_());
}

uint64_t weir_self_token_(void)
{
    return weir_self_ident_() << 22;
}

unsigned weir_usable_cpus_(void)
{
    return 2;
}

void weir_panic_(const char *function, const volatile void *object,
                 uint64_t value, const char *sentence)
{
    (void)function;
    (void)object;
    (void)value;
    fail(sentence);
}

// -- thread/timer_service.h: a thread of the program serves -----------------

int weir_timer_spawn_(void)
{
    return EAGAIN;
}

void weir_timer_reap_(void) {}

const void *weir_timer_self_(void)
{
    static const char threads[MODEL_THREADS + 1] = {};

    return &threads[weir_explore_tid()];
}

// -- libc -------------------------------------------------------------------

int explore_sched_yield_(void)
{
    rl::yield(1, $);
    return 0;
}

int explore_clock_nanosleep_(const struct timespec *ts)
{
    rl::yield(1, $);
    now += ts->tv_sec * INT64_C(1000000000) + ts->tv_nsec;
    return 0;
}

} // extern "C"

// -- Executions -------------------------------------------------------------

namespace {

template <rl::thread_id_t N>
struct suite : rl::test_suite<suite<N>, N> {
    using scheduler = rl::random_scheduler<N>;
    using context = rl::context_impl<suite<N>, scheduler>;

    static void fence_each()
    {
        auto &c = (context &)rl::ctx(); // its base is not accessible

        for (rl::thread_id_t i = 0; i < N; i++)
            if (is_same_process(i))
                static_cast<rl::thread_info<N> &>(c.threads_[i])
                    .atomic_thread_fence_seq_cst(c.seq_cst_fence_order_);
    }

    static bool others()
    {
        auto &c = (context &)rl::ctx(); // its base is not accessible

        return c.sched_.running_threads_count > 1;
    }

    void before()
    {
        // What an execution that failed left behind is relacy's no more.
        words.clear();
        plains.clear();
        freed.clear();
        sleepers.clear();
        memset(vains, 0, sizeof vains);
        memset(state, 0, sizeof state);
        memset(heap, 0, sizeof heap);
        allocated = 0;
        now = 1000000000;
        jumps = program->jumps;
        spurious = program->spurious;
        refused = program->flags & MODEL_REFUSED_EARLY;
        timeouts = program->timeouts;
        choose_victim();
        fence_everywhere = fence_each;
        others_run = others;
        active = true;
        in_thread = false;
        steadiness = 1u << (2 * rl::rand(3));
        make_known();
        if (refused) {
            weir_revoke_for_test_(WEIR_REVOKE_REFUSED_EARLY);
            weir_parked_reset_();
        }
        if (program->setup != nullptr)
            program->setup(state);
        in_thread = true;
    }

    void thread(unsigned i)
    {
        if (setjmp(ends[i]) == 0)
            program->thread[i](state);
    }

    void after()
    {
        in_thread = false;
        if (program->check != nullptr)
            program->check(state);
        unmake();
        active = false;
    }
};

template <rl::thread_id_t N>
rl::test_result_e simulate(rl::test_params &params)
{
    (void)rl::simulate<suite<N>>(params);
    active = false;
    return params.test_result;
}

rl::test_result_e simulate_any(rl::test_params &params)
{
    unsigned threads = 0;

    while (threads < MODEL_THREADS && program->thread[threads] != nullptr)
        threads++;
    switch (threads) {
    case 1: return simulate<1>(params);
    case 2: return simulate<2>(params);
    case 3: return simulate<3>(params);
    default: return simulate<4>(params);
    }
}

rl::test_result_e run_once(unsigned long executions, std::ostream &out,
                           std::ostream &nothing, unsigned long *done)
{
    rl::test_params params;

    params.iteration_count = executions;
    params.execution_depth_limit = 20000;
    params.output_stream = &out;
    params.progress_stream = &nothing;
    rl::test_result_e result = simulate_any(params);
    *done = static_cast<unsigned long>(params.stop_iteration);
    return result;
}

} // namespace

bool relacy_run(const struct model_program *p, unsigned long executions,
                struct relacy_result *result)
{
    rl::ostringstream out, nothing;

    program = p;
    known_words.clear();
    known_plain.clear();
    learning = true;
    for (int i = 0; i < 20; i++) {
        unsigned long done;

        grew = false;
        (void)run_once(100, nothing, nothing, &done);
        if (!grew)
            break;
    }
    learning = false;
    result->passed = run_once(executions, out, nothing, &result->executions) ==
                     rl::test_result_success;
    result->report = out.str().c_str();
    return result->passed;
}
