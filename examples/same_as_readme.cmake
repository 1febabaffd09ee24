# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
#
# Fails unless the first ```c block of README is PROGRAM without its top
# comment: what a newcomer copies is what the tests compile and run.

file(READ "${README}" readme)
file(READ "${PROGRAM}" program)

string(FIND "${readme}" "\n```c\n" at)
if(at EQUAL -1)
  message(FATAL_ERROR "there is no block of C in ${README}")
endif()
math(EXPR at "${at} + 6")
string(SUBSTRING "${readme}" ${at} -1 block)
string(FIND "${block}" "```" end)
string(SUBSTRING "${block}" 0 ${end} block)

string(FIND "${program}" "*/\n" at)
math(EXPR at "${at} + 3")
string(SUBSTRING "${program}" ${at} -1 body)

if(NOT block STREQUAL body)
  message(FATAL_ERROR "the example in ${README} is not ${PROGRAM}")
endif()
