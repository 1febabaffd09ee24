/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * A kernel that lets threads sleep on several words at once, or an older one.
 * The linker sends the library's question here (--wrap, see CMakeLists.txt).
 */
#ifndef TEST_KERNEL_KIT_H
#define TEST_KERNEL_KIT_H

#include "futex/sys.h"

/* Whether the kernel is to be one that can wait for several words. */
static bool kit_can_wait_any = true;

bool __real_weir_futex_can_wait_any_(void);
bool __wrap_weir_futex_can_wait_any_(void);
bool __wrap_weir_futex_can_wait_any_(void)
{
    return kit_can_wait_any && __real_weir_futex_can_wait_any_();
}

#endif
