# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
#
# cmake -DBENCH=weir-bench -DPEERS=name;... -P check.cmake
#
# A smoke run must have a figure of each peer that was built in, and no peer
# may fail its verification.  A run without peers must say that its targets
# are held against none.

# The watchdog is for a machine that nothing else uses; this runs among tests.
function(smoke result)
  execute_process(
    COMMAND "${BENCH}" --smoke --watchdog 250 ${ARGN}
    OUTPUT_VARIABLE output ERROR_VARIABLE errors RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "weir-bench ${ARGN}: ${status}\n${output}${errors}")
  endif()
  set(${result} "${output}" PARENT_SCOPE)
endfunction()

function(must_match output pattern)
  if(NOT output MATCHES "${pattern}")
    message(SEND_ERROR "'${pattern}' is not in:\n${output}")
  endif()
endfunction()

smoke(output --filter "mutex/t4/in10/out0|queue/4x4"
  --contestants "^(weir|glibc)$")
must_match("${output}" "the best that blocks \\(glibc; no peer here\\)")
must_match("${output}" "the best peer \\(none here\\) +- +not measured")

if(NOT PEERS)
  message(STATUS "no peer is built in")
  return()
endif()
list(JOIN PEERS "|" names)
smoke(output --contestants "^(${names})")
foreach(peer IN LISTS PEERS)
  must_match("${output}" "\n  ${peer} +[0-9.]+ ")
endforeach()
if(output MATCHES "FAILED|HUNG|CRASHED")
  message(SEND_ERROR "a peer is not well:\n${output}")
endif()
