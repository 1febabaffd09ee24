# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
#
# WEIR_COVERAGE: everything below this directory counts which lines and
# branches ran (gcc or clang; scripts/coverage reads it). The counters are
# atomic, since threads race for them.

option(WEIR_COVERAGE "Count lines and branches that run (gcov)" OFF)

if(WEIR_COVERAGE)
  add_compile_options(--coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()
