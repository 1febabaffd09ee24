# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
#
# weir_warnings(target): the project's warning set, errors if WEIR_WERROR is on.

set(WEIR_WARN_COMMON
  -Wall -Wextra -Wpedantic -Wshadow -Wundef -Wvla -Wwrite-strings
  -Wpointer-arith -Wformat=2 -Wimplicit-fallthrough -Wconversion
  -Wno-sign-conversion)
set(WEIR_WARN_C
  -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
  -Wnested-externs -Wmissing-declarations)
set(WEIR_WARN_CXX -Wnon-virtual-dtor -Woverloaded-virtual)
set(WEIR_WARN_GNU -Wlogical-op -Wduplicated-cond -Wduplicated-branches)
# An operator on an _Atomic object is sequentially consistent without saying
# so; only clang can point at it. C++ has no such objects here.
set(WEIR_WARN_CLANG_C -Watomic-implicit-seq-cst)

function(weir_warnings target)
  target_compile_options(${target} PRIVATE
    ${WEIR_WARN_COMMON}
    "$<$<COMPILE_LANGUAGE:C>:${WEIR_WARN_C}>"
    "$<$<COMPILE_LANGUAGE:CXX>:${WEIR_WARN_CXX}>"
    "$<$<C_COMPILER_ID:GNU>:${WEIR_WARN_GNU}>"
    "$<$<COMPILE_LANG_AND_ID:C,Clang>:${WEIR_WARN_CLANG_C}>")
  if(WEIR_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
