# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
#
# WEIR_SANITIZE: what goes to -fsanitize= for everything below this directory,
# "address,undefined" or "thread". Nothing is recovered: a finding is a failure.

set(WEIR_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")

if(WEIR_SANITIZE)
  add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WEIR_SANITIZE})
endif()
