/* SPDX-License-Identifier: MIT
 * SPDX-FileCopyrightText: 2026 The weir authors
 *
 * USDT probes: places at which a debugger or bpftrace can stop a running
 * program, listed by `readelf -n`.  Each is one nop, and an entry in the
 * section .note.stapsdt that says where it is, what it is called and in which
 * registers its arguments are.  The format is SystemTap's, version 3
 * [SystemTap10]; a tool finds where the file was loaded by the address of
 * .stapsdt.base, an empty section that all probes of a file share.
 */
#ifndef WEIR_BASE_PROBE_H
#define WEIR_BASE_PROBE_H

#include <stdint.h>

#if !defined(WEIR_UNTRACED) && (defined(__x86_64__) || defined(__aarch64__))

#define WEIR_PROBE(name, one, two)                                             \
    __asm__ volatile("990: nop\n"                                              \
                     ".pushsection .note.stapsdt,\"\",\"note\"\n"              \
                     ".balign 4\n"                                             \
                     ".4byte 992f-991f, 994f-993f, 3\n"                        \
                     "991: .asciz \"stapsdt\"\n"                               \
                     "992: .balign 4\n"                                        \
                     "993: .8byte 990b\n"                                      \
                     ".8byte _.stapsdt.base\n"                                 \
                     ".8byte 0\n"                                              \
                     ".asciz \"weir\"\n"                                       \
                     ".asciz \"" name "\"\n"                                   \
                     ".asciz \"8@%0 8@%1\"\n"                                  \
                     "994: .balign 4\n"                                        \
                     ".popsection\n"                                           \
                     ".ifndef _.stapsdt.base\n"                                \
                     ".pushsection .stapsdt.base,\"aG\",\"progbits\","         \
                     ".stapsdt.base,comdat\n"                                  \
                     ".weak _.stapsdt.base\n"                                  \
                     ".hidden _.stapsdt.base\n"                                \
                     "_.stapsdt.base: .space 1\n"                              \
                     ".size _.stapsdt.base, 1\n"                               \
                     ".popsection\n"                                           \
                     ".endif\n"                                                \
                     :                                                         \
                     : "r"((uint64_t)(one)), "r"((uint64_t)(two)))

#else

#define WEIR_PROBE(name, one, two) ((void)(one), (void)(two))

#endif

#endif
