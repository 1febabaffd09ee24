/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * poll(2) with our deadlines, and chance: the multiplication that splitmix64
 * ends with [Steele14], of a number for each call.
 */
#include "thread/wait_sys.h"

#include <time.h>

#include "base/self.h"
#include "base/time.h"

/* A deadline as the time that is left, which is what ppoll takes. */
static struct timespec time_left(weir_deadline_t deadline)
{
    weir_deadline_t now = weir_now();

    return weir_timespec_(deadline > now ? deadline - now : 0);
}

unsigned weir_poll_(struct pollfd *files, unsigned n, weir_deadline_t deadline)
{
    struct timespec left = time_left(deadline);
    int saved = errno;
    int ready = ppoll(files, n, deadline == WEIR_FOREVER ? NULL : &left, NULL);

    errno = saved;
    return ready > 0 ? (unsigned)ready : 0;
}

uint32_t weir_chance_(void)
{
    static _Thread_local WEIR_TLS_FIXED_ uint64_t calls;
    uint64_t mixed;

    if (calls == 0)
        calls = weir_self_ident_() << 32;
    mixed = ++calls * UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)((mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb) >>
                      32);
}
