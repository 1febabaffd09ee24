/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * What threads are called: a string of the user's, and the first bytes of it
 * in the kernel.
 *
 * The kernel's half is done by libc, to a thread that may be another.  That
 * must not be gone: it leaves the registry before it ends, under a lock that
 * is held here.  A name that is given while the thread starts is told to the
 * kernel by whichever comes second: the giver, if the thread is running by
 * then, or the thread, which asks for its name after it has said so.
 *
 * ORDERS
 *  [N1] set_name  store release of the name; pairs with [N2]: what it points
 *       at is there
 *  [N2] name      load acquire of the name; pairs with [N1]
 */
#include "thread/name.h"

#include <pthread.h>
#include <string.h>

#include "base/atomic.h"
#include "thread/life.h"
#include "thread/registry.h"

const char *weir_thread_name(const weir_thread_t *t)
{
    /* [N2] acquire; pairs with [N1] */
    uintptr_t name = weir_load_acq_(&t->name);

    return name != 0 ? (const char *)name : t->own_name;
}

/* Whether a byte is inside a character of UTF-8, not its first. */
static bool is_inside(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

void weir_name_cut_(char buffer[WEIR_NAME_SIZE], const char *name)
{
    size_t length = strlen(name);

    if (length >= WEIR_NAME_SIZE) {
        length = WEIR_NAME_SIZE - 1;
        while (length > 0 && is_inside(name[length]))
            length--;
    }
    memcpy(buffer, name, length);
    buffer[length] = '\0';
}

/* With the registry locked. */
static void tell_kernel(weir_thread_t *t)
{
    char buffer[WEIR_NAME_SIZE];

    /* The handle is there when it is running; main's may be missing. */
    if (!weir_registry_has_(t) || weir_life_phase_(t) != WEIR_PHASE_RUNNING ||
        t->handle == 0)
        return;
    weir_name_cut_(buffer, weir_thread_name(t));
    /* It can fail, where there is no /proc; then the kernel does not know. */
    (void)pthread_setname_np((pthread_t)t->handle, buffer);
}

void weir_name_tell_(weir_thread_t *t)
{
    weir_registry_lock_();
    tell_kernel(t);
    weir_registry_unlock_();
}

int weir_thread_set_name(weir_thread_t *t, const char *name)
{
    int saved = errno;

    if (name == NULL)
        return EINVAL;
    weir_registry_lock_();
    /* [N1] release; pairs with [N2] */
    weir_store_rel_(&t->name, (uintptr_t)name);
    tell_kernel(t);
    weir_registry_unlock_();
    errno = saved;
    return 0;
}
