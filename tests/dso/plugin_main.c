/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A program that knows nothing of weir, and loads a plugin that does, in a
 * thread that is not main: the library must find out who main is when main
 * calls.  The plugin is closed, and the library stays, because threads may be
 * on their way out of it.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "plugin.h"

static void *plugin;
static int wrong = -1; /* the line of plugin.c */

static void *load(void *path)
{
    int (*call)(void);

    plugin = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (plugin == NULL) {
        puts(dlerror());
        return NULL;
    }
    *(void **)&call = dlsym(plugin, "in_thread");
    wrong = call();
    return NULL;
}

int main(int argc, char **argv)
{
    int (*call)(int);
    pthread_t thread;

    alarm(60);
    if (argc < 2 || pthread_create(&thread, NULL, load, argv[1]) != 0 ||
        pthread_join(thread, NULL) != 0 || wrong != 0) {
        printf("in the thread, plugin.c:%d\n", wrong);
        return 1;
    }
    *(void **)&call = dlsym(plugin, "in_main");
    wrong = call(argc > 2);
    if (wrong != 0)
        printf("in main, plugin.c:%d\n", wrong);
    return wrong != 0 || dlclose(plugin) != 0;
}
