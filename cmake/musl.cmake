# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
#
# Toolchain: musl instead of glibc, by Debian's musl-tools. There is no
# liburcu for it, in whose place threads are listed under a lock
# (src/thread/grace_lock.c), and no libcheck, for which tests/support/check
# stands in. (C++ compilers would still use glibc;
# no program here is C++.)

set(CMAKE_C_COMPILER musl-gcc)
set(WEIR_MUSL TRUE)
