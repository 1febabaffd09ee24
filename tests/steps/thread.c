/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * Threads, after each instruction of the library's own.
 *
 * What the others see, of whom one joins the thread that the victim is about
 * (or is), and the last one starts another thread and joins that:
 *   -  the thread is new, or not known; its old name
 *   S  it is being started
 *   A  it is alive, and known
 *   N  its new name
 *   L  it has ended, and who joins it is asleep still: the victim will wake it
 *   E  it has ended, and was joined: its memory is somebody else's
 *   B  the victim is changing the list, or the count: who starts a thread or
 *      ends waits for it, and nobody else does
 *   C  all go on
 *
 * What is said to be wait-free is, wherever the victim is: the director calls
 * it at each stop.
 */
#include <weir/latch.h>
#include <weir/thread.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/tunables.h"
#include "crew.h"
#include "sweep.h"
#include "thread/attr.h"
#include "thread/life.h"
#include "thread/registry.h"

#define LIST_MAX 16
#define POISON 0xa5
#define NO_SUCH_STACK ((size_t)1 << 46)
#define RESULT ((void *)&o->gate)

struct objects {
    weir_thread_t it;    /* the thread that the victim is about */
    weir_thread_t other; /* that which a waiter starts */
    weir_latch_t gate;   /* before what it does */
    weir_latch_t asking; /* before it takes its attributes */
    weir_thread_t *list[LIST_MAX];
    size_t listed;
    void *result;
};

static struct objects *o;
static unsigned all_waiters;
static int wanted; /* what the victim returns */
static bool was_joined;

/* What the linker puts in the place of the library's own. */
int __real_weir_attr_take_(const weir_thread_t *t);
int __wrap_weir_attr_take_(const weir_thread_t *t);

int __wrap_weir_attr_take_(const weir_thread_t *t)
{
    if (t == &o->it)
        (void)weir_latch_wait(&o->asking);
    return __real_weir_attr_take_(t);
}

/* -- Waiters ------------------------------------------------------------ */

static void *end_at_once(void *arg)
{
    return arg;
}

static void *end_at_gate(void *arg)
{
    (void)weir_latch_wait(&o->gate);
    return arg;
}

static int start_and_join(weir_thread_t *t)
{
    static const weir_thread_attr_t attr = {.flags = WEIR_THREAD_NOT_DAEMON};
    int result = weir_thread_init(t, &attr, end_at_once, NULL);

    if (result == 0)
        result = weir_thread_start(t);
    return result != 0 ? result : weir_thread_join(t, WEIR_FOREVER, NULL);
}

static void join_or_start(unsigned index)
{
    if (index + 1 < all_waiters)
        WAITER(index, weir_thread_join(&o->it, WEIR_FOREVER, NULL));
    else
        WAITER(index, start_and_join(&o->other));
}

/* -- The world ---------------------------------------------------------- */

enum { RESULT_OF_VICTIM, RETIRED, FLAGS, STACK, ASKS };

/* So many have ended that the next one that does frees them all. */
static void retire(unsigned n)
{
    static weir_thread_t dead;

    while (n-- > 0) {
        struct weir_entry *entry = calloc(1, sizeof(*entry));

        must(entry != NULL);
        weir_registry_add_(entry, &dead);
        (void)weir_registry_remove_(entry);
    }
}

static void init_it(const struct scenario *s, void *(*fn)(void *))
{
    unsigned long cpus[4];
    weir_thread_attr_t attr = {
        .flags = s->arg[FLAGS],
        .stack_size = s->arg[STACK] ? NO_SUCH_STACK : 0,
        .cpus = s->arg[ASKS] ? cpus : NULL,
        .cpus_size = s->arg[ASKS] ? sizeof(cpus) : 0,
    };

    memset(cpus, 0xff, sizeof(cpus));
    must_eq(weir_thread_init(&o->it, &attr, fn, RESULT), 0);
}

static void set_up(const struct scenario *s)
{
    o = (struct objects *)(void *)world->object;
    all_waiters = s->early + s->late;
    wanted = (int)s->arg[RESULT_OF_VICTIM];
    was_joined = false;
    must_eq(weir_latch_init(&o->gate, 1, 0), 0);
    must_eq(weir_latch_init(&o->asking, s->arg[ASKS], 0), 0);
    retire(s->arg[RETIRED]);
    init_it(s, end_at_once);
}

static void open_gates(void)
{
    (void)weir_latch_count_down(&o->gate, weir_latch_value(&o->gate));
    (void)weir_latch_count_down(&o->asking, weir_latch_value(&o->asking));
}

static void set_up_running(const struct scenario *s)
{
    set_up(s);
    init_it(s, end_at_gate);
    must_eq(weir_thread_start(&o->it), 0);
    world_settle();
}

static void set_up_ended(const struct scenario *s)
{
    set_up_running(s);
    open_gates();
    world_settle();
}

static bool open_for_it(unsigned nth)
{
    open_gates();
    world_settle();
    return nth == 1;
}

static bool is_listed(const weir_thread_t *t)
{
    weir_thread_t *list[LIST_MAX];
    size_t n = weir_thread_enumerate(list, LIST_MAX);
    unsigned found = 0;

    must(n >= 1 && n < LIST_MAX);
    must(list[0] == weir_thread_main());
    for (size_t i = 0; i < n; i++)
        found += list[i] == t;
    must(found <= 1);
    return found == 1;
}

/* Who never waits, wherever the victim is. */
static void ask(void)
{
    must(is_listed(weir_thread_main()));
    must(weir_thread_active_count() >= 1);
    must(weir_thread_current() == weir_thread_main());
    must(weir_get_ident() != 0);
    must_eq(weir_get_native_id(), getpid());
    if (was_joined)
        return;
    (void)weir_thread_is_alive(&o->it);
    (void)weir_thread_daemon(&o->it);
    must(weir_thread_name(&o->it) != NULL);
}

/* Whether the last one, who starts another, gets on. */
static bool others_get_on(void)
{
    world_bring(all_waiters);
    ask();
    return world->waiters[all_waiters - 1].done;
}

static char state_of_it(void)
{
    switch (weir_life_phase_(&o->it)) {
    case WEIR_PHASE_NEW: return '-';
    case WEIR_PHASE_STARTING: return 'S';
    case WEIR_PHASE_REFUSED:
    case WEIR_PHASE_RUNNING: return 'A';
    case WEIR_PHASE_ENDED: return 'E';
    }
    return '?';
}

/* All have come to their end, but for those that main is to join. */
static void must_be_over(void)
{
    must(world->victim.done);
    must_eq(world->victim.result, wanted);
    must_eq(world_done(), all_waiters);
    must_eq(world->waiters[all_waiters - 1].result, 0);
    must_eq(weir_thread_active_count(), 1);
    must_eq(weir_thread_join_all(AT_ONCE), 0);
}

/* -- Start -------------------------------------------------------------- */

static void start(unsigned index)
{
    (void)index;
    VICTIM(weir_thread_start(&o->it));
}

static void run(unsigned index)
{
    (void)index;
    VICTIM(weir_thread_run(&o->it));
}

/* Who joins a new thread does not wait; else until it ends, or is not. */
static char others_at_start(bool dead)
{
    bool get_on = others_get_on();
    char it = state_of_it(); /* by now: it may have been made just before */

    (void)dead;
    if (!get_on)
        return 'B';
    must_eq(world->waiters[0].done, it == '-' || it == 'E');
    return it;
}

static void finish_start(bool dead)
{
    (void)dead;
    open_gates();
    world_settle();
    must_be_over();
    must(!is_listed(&o->it));
    must_eq(weir_thread_join(&o->it, AT_ONCE, NULL), wanted == 0 ? 0 : ESRCH);
    must(world->waiters[0].result == ESRCH ||
         (world->waiters[0].result == 0 && wanted == 0));
}

/* -- Join --------------------------------------------------------------- */

static void join(unsigned index)
{
    (void)index;
    VICTIM(weir_thread_join(&o->it, WEIR_FOREVER, &o->result));
}

static void join_in_time(unsigned index)
{
    (void)index;
    VICTIM(weir_thread_join(&o->it, VIRTUAL_DEADLINE, &o->result));
}

/* Others join it meanwhile. */
static char others_at_join(bool dead)
{
    (void)dead;
    must(others_get_on());
    open_gates();
    world_settle();
    must(world->waiters[0].done);
    must_eq(state_of_it(), 'E');
    return 'C';
}

/* One that gives up may see it end. */
static void finish_join(bool dead)
{
    (void)dead;
    if (world->victim.result == 0)
        must(o->result == RESULT);
    else
        must_eq(world->victim.result, wanted);
    world->victim.result = wanted;
    must_be_over();
    must_eq(world->waiters[0].result, 0);
}

static void join_all(unsigned index)
{
    (void)index;
    VICTIM(weir_thread_join_all(WEIR_FOREVER));
}

static char others_at_join_all(bool dead)
{
    (void)dead;
    return others_get_on() ? 'C' : 'B';
}

static void finish_join_all(bool dead)
{
    (void)dead;
    open_gates();
    world_settle();
    must_be_over();
}

/* -- The end ------------------------------------------------------------ */

#define BEGIN()                                                                \
    do {                                                                       \
        crew_victim_waits();                                                   \
        __asm__ volatile("int3");                                              \
        world->begun = 1;                                                      \
    } while (0)

static void *end_as_victim(void *arg)
{
    BEGIN();
    return arg;
}

static void *end_as_foreign_victim(void *arg)
{
    must(weir_thread_current() != NULL);
    BEGIN();
    return arg;
}

static void await_victim(void)
{
    while (world->victim_tid == 0)
        (void)usleep(0);
}

static void set_up_end(const struct scenario *s)
{
    set_up(s);
    init_it(s, end_as_victim);
    must_eq(weir_thread_start(&o->it), 0);
    await_victim();
}

static void set_up_foreign_end(const struct scenario *s)
{
    pthread_t thread;

    set_up(s);
    must_eq(pthread_create(&thread, NULL, end_as_foreign_victim, NULL), 0);
    await_victim();
}

static void reuse_memory(void)
{
    memset(&o->it, POISON, sizeof(o->it));
    was_joined = true;
}

static char others_at_end(bool dead)
{
    char it = state_of_it();
    bool get_on = others_get_on();
    bool joined = world->waiters[0].done;

    (void)dead;
    if (joined) {
        must_eq(it, 'E');
        must_eq(world->waiters[0].result, 0);
        must(!is_listed(&o->it));
        reuse_memory();
    }
    if (!get_on)
        return 'B';
    return it == 'E' && !joined ? 'L' : it;
}

static void finish_end(bool dead)
{
    const unsigned char *bytes = (const unsigned char *)&o->it;

    (void)dead;
    must_be_over();
    for (size_t i = 0; was_joined && i < sizeof(o->it); i++)
        must_eq(bytes[i], POISON);
    if (!was_joined)
        must_eq(weir_thread_join(&o->it, AT_ONCE, NULL), 0);
}

static char others_count(bool dead)
{
    unsigned count = weir_thread_active_count();

    (void)dead;
    if (!others_get_on())
        return 'B';
    must_eq(weir_thread_active_count(), count);
    must_eq(weir_thread_enumerate(NULL, 0), count);
    must(count == 1 || count == 2);
    return count == 1 ? '-' : 'A';
}

static void finish_foreign(bool dead)
{
    (void)dead;
    must_eq(world_done(), all_waiters);
    must_eq(weir_thread_active_count(), (unsigned)wanted);
}

/* -- Asking ------------------------------------------------------------- */

static int be_known(void)
{
    return weir_thread_current() != NULL ? 2 : 0;
}

static void be_known_as_victim(unsigned index)
{
    (void)index;
    VICTIM(be_known());
}

static int list_all(void)
{
    o->listed = weir_thread_enumerate(o->list, LIST_MAX);
    return 0;
}

static void list_as_victim(unsigned index)
{
    (void)index;
    VICTIM(list_all());
}

static int ask_all(void)
{
    return weir_thread_is_alive(&o->it) + 2 * weir_thread_daemon(&o->it) +
           4 * (weir_thread_ident(&o->it) == 0) +
           8 * (weir_thread_native_id(&o->it) == 0) +
           16 * (weir_get_ident() == 0) + 32 * (weir_get_native_id() == 0) +
           64 * (weir_thread_active_count() == 0) +
           128 * (weir_thread_name(&o->it) == NULL) +
           256 * (weir_thread_main() == NULL);
}

static void ask_as_victim(unsigned index)
{
    (void)index;
    VICTIM(ask_all());
}

/* It ends, and another comes and goes, while somebody reads the list. */
static char others_at_list(bool dead)
{
    (void)dead;
    must(others_get_on());
    open_gates();
    world_settle();
    must(world->waiters[0].done);
    return 'C';
}

static void finish_list(bool dead)
{
    (void)dead;
    must_be_over();
    must(o->listed >= 1 && o->listed <= 3);
    must(o->list[0] == weir_thread_main());
    for (size_t i = 1; i < o->listed; i++)
        must(o->list[i] == &o->it || o->list[i] == &o->other);
    must(o->listed < 3 || o->list[1] != o->list[2]);
}

/* It may have ended meanwhile. */
static void finish_asking(bool dead)
{
    (void)dead;
    must((world->victim.result & ~1) == 0);
    world->victim.result = wanted;
    must_be_over();
}

static void rename_it(unsigned index)
{
    (void)index;
    VICTIM(weir_thread_set_name(&o->it, "new"));
}

static char others_at_name(bool dead)
{
    bool is_new = strcmp(weir_thread_name(&o->it), "new") == 0;

    (void)dead;
    if (!others_get_on())
        return 'B';
    return is_new ? 'N' : '-';
}

static void finish_name(bool dead)
{
    (void)dead;
    must_eq(strcmp(weir_thread_name(&o->it), "new"), 0);
    open_gates();
    world_settle();
    must_be_over();
}

/* ----------------------------------------------------------------------- */

static void is_launched(void) {}

#define THREADS .threads = true, .waiter = join_or_start
#define START                                                                  \
    THREADS, .set_up = set_up, .late = 2, .others = others_at_start,           \
             .finish = finish_start
#define JOIN                                                                   \
    THREADS, .early = 1, .late = 1, .others = others_at_join,                  \
             .finish = finish_join
#define END                                                                    \
    THREADS, .set_up = set_up_end, .launch = is_launched,                      \
             .others = others_at_end, .finish = finish_end
#define NEARLY_ALL (WEIR_REGISTRY_RETIRED - 1)

const struct scenario thread_scenarios[] = {
    {"thread.start", START, .victim = start, .suspended = "-SBSBSE"},
    {"thread.start.refused", START, .victim = start, .arg = {EAGAIN, 0, 0, 1},
     .suspended = "-SBSBSBSBS-"},
    {"thread.start.asks", START, .victim = start, .awaken = open_for_it,
     .arg = {0, 0, 0, 0, 1}, .suspended = "-SBSBSE"},
    {"thread.run", START, .victim = run, .suspended = "-SAE"},
    {"thread.join.running", JOIN, .set_up = set_up_running, .victim = join,
     .awaken = open_for_it, .suspended = "C"},
    {"thread.join.ended", JOIN, .set_up = set_up_ended, .victim = join,
     .suspended = "C"},
    {"thread.join.expires", JOIN, .set_up = set_up_running,
     .victim = join_in_time, .arg = {ETIMEDOUT}, .suspended = "C"},
    {"thread.join_all", THREADS, .set_up = set_up_running, .victim = join_all,
     .late = 1, .awaken = open_for_it, .others = others_at_join_all,
     .finish = finish_join_all, .suspended = "CBCBCBC"},
    {"thread.end.joiner", END, .early = 1, .late = 1, .suspended = "ABABE"},
    {"thread.end.late_joiner", END, .late = 2, .suspended = "ABABE"},
    {"thread.end.daemon", END, .early = 1, .late = 1,
     .arg = {0, 0, WEIR_THREAD_DAEMON}, .suspended = "ABALE"},
    {"thread.end.frees", END, .early = 1, .late = 1, .arg = {0, NEARLY_ALL},
     .suspended = "ABABEBE"},
    {"thread.end.foreign", THREADS, .set_up = set_up_foreign_end,
     .launch = is_launched, .late = 1, .others = others_count,
     .finish = finish_foreign, .arg = {1}, .suspended = "AB-"},
    {"thread.current.foreign", THREADS, .set_up = set_up,
     .victim = be_known_as_victim, .late = 1, .others = others_count,
     .finish = finish_foreign, .arg = {2}, .suspended = "-BA"},
    {"thread.enumerate", THREADS, .set_up = set_up_running,
     .victim = list_as_victim, .early = 1, .late = 1, .others = others_at_list,
     .finish = finish_list, .suspended = "C"},
    {"thread.enumerate.retired", THREADS, .set_up = set_up_running,
     .victim = list_as_victim, .early = 1, .late = 1, .others = others_at_list,
     .finish = finish_list, .arg = {0, NEARLY_ALL}, .suspended = "C"},
    {"thread.ask", THREADS, .set_up = set_up_running, .victim = ask_as_victim,
     .early = 1, .late = 1, .others = others_at_list, .finish = finish_asking,
     .suspended = "C"},
    {"thread.set_name", THREADS, .set_up = set_up_running, .victim = rename_it,
     .late = 1, .others = others_at_name, .finish = finish_name,
     .suspended = "-BN"},
    {.name = NULL},
};
