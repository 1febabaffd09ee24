/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A plugin that uses threads, with the library inside: see plugin_main.c.
 * Each function returns the line of what does not hold, or 0.
 */
#include <string.h>
#include <unistd.h>

#include "plugin.h"

#include <weir/thread.h>

#define must(condition)                                                        \
    do {                                                                       \
        if (!(condition))                                                      \
            return __LINE__;                                                   \
    } while (0)

static void *give_back(void *arg)
{
    return arg;
}

static int start_one(void)
{
    weir_thread_t thread;
    void *result;

    must(weir_thread_init(&thread, NULL, give_back, &thread) == 0);
    must(weir_thread_start(&thread) == 0);
    must(weir_thread_join(&thread, WEIR_FOREVER, &result) == 0);
    must(result == &thread);
    return 0;
}

int in_thread(void)
{
    weir_thread_t *main_thread = weir_thread_main();
    weir_thread_t *list[4];

    /* It has not been seen, but it is there. */
    must(weir_thread_is_alive(main_thread));
    must(weir_thread_ident(main_thread) == 0);
    must(weir_thread_native_id(main_thread) == getpid());
    must(weir_thread_join(main_thread, WEIR_NOW, NULL) == ETIMEDOUT);
    must(weir_thread_set_name(main_thread, "unseen") == 0);
    must(weir_thread_current() != main_thread);
    must(weir_thread_enumerate(list, 4) == 2);
    must(list[0] == main_thread && list[1] == weir_thread_current());
    return start_one();
}

int in_main(int asks_for_main)
{
    weir_thread_t *main_thread =
        asks_for_main ? weir_thread_main() : weir_thread_current();

    must(main_thread == weir_thread_current());
    must(main_thread == weir_thread_main());
    must(weir_thread_ident(main_thread) == weir_get_ident());
    must(weir_thread_ident(main_thread) != 0);
    must(weir_thread_join(main_thread, WEIR_FOREVER, NULL) == EDEADLK);
    must(strcmp(weir_thread_name(main_thread), "unseen") == 0);
    must(weir_thread_active_count() == 1);
    return start_one();
}
