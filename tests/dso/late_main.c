/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * B56: a plugin with a copy of the library of its own is loaded while a thread
 * sleeps.  The linker unites the tables of sleepers, so the copy's constructor
 * meets a table that is in use, and must leave it as it is.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <weir/mutex.h>

static weir_mutex_t mutex = WEIR_MUTEX_INIT;

static void *wait_for_it(void *arg)
{
    (void)arg;
    return weir_mutex_lock(&mutex) != 0 || weir_mutex_unlock(&mutex) != 0
               ? &mutex
               : NULL;
}

static bool is_entered(void)
{
    return weir_load_sc_(weir_parked_slot_(&mutex)) != 0;
}

int main(int argc, char **argv)
{
    const struct timespec nap = {0, 1000000};
    int (*late_pair)(weir_mutex_t *);
    pthread_t thread;
    void *plugin;
    void *result;

    alarm(60); /* a lost wake-up sleeps for ever */
    if (argc != 2 || weir_mutex_lock(&mutex) != 0 ||
        pthread_create(&thread, NULL, wait_for_it, NULL) != 0)
        return 1;
    while (!is_entered()) /* it sleeps, or is about to */
        nanosleep(&nap, NULL);
    plugin = dlopen(argv[1], RTLD_NOW);
    if (plugin == NULL) {
        puts(dlerror());
        return 1;
    }
    if (!is_entered()) {
        puts("loading a copy of the library has cleared the table");
        return 1;
    }
    *(void **)&late_pair = dlsym(plugin, "late_pair");
    if (weir_mutex_unlock(&mutex) != 0 || pthread_join(thread, &result) != 0 ||
        result != NULL)
        return 1;
    return late_pair == NULL || late_pair(&mutex) != 0;
}
