# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
#
# The libraries that weir is raced against, as far as they are installed: see
# README.md.  Their headers are found as system headers, whose warnings are
# none of ours.  Included, since imported targets are a folder's own.

find_program(DPKG_QUERY dpkg-query)
mark_as_advanced(DPKG_QUERY)

# weir_peer(name PACKAGE debian-package FOUND condition
#   SOURCES file... [LIBRARIES library...] [INCLUDES folder...])
# enters a peer if the condition holds, and says so if it does not.
function(weir_peer name)
  cmake_parse_arguments(PARSE_ARGV 1 peer "" "PACKAGE"
    "FOUND;SOURCES;LIBRARIES;INCLUDES")
  foreach(part IN LISTS peer_FOUND)
    if(NOT part)
      message(STATUS
        "weir-bench: no peer ${name}, which is not installed (Debian: ${peer_PACKAGE})")
      return()
    endif()
  endforeach()
  list(TRANSFORM peer_SOURCES PREPEND peers/)
  target_sources(weir-bench PRIVATE ${peer_SOURCES})
  target_include_directories(weir-bench SYSTEM PRIVATE ${peer_INCLUDES})
  target_link_libraries(weir-bench PRIVATE ${peer_LIBRARIES})

  set(version "")
  if(DPKG_QUERY)
    execute_process(
      COMMAND "${DPKG_QUERY}" -W -f " \${Version}" "${peer_PACKAGE}"
      OUTPUT_VARIABLE version ERROR_QUIET)
  endif()
  message(STATUS "weir-bench: peer ${name}${version}")
  set_property(GLOBAL APPEND PROPERTY WEIR_PEERS "${name}")
  set_property(GLOBAL APPEND PROPERTY WEIR_PEER_VERSIONS "${name}${version}")
endfunction()

# What C++ calls is in a library of its own.
find_path(NSYNC_INCLUDE_DIR nsync.h)
find_library(NSYNC_CPP_LIBRARY nsync_cpp)
weir_peer(nsync PACKAGE libnsync-dev
  FOUND "${NSYNC_INCLUDE_DIR}" "${NSYNC_CPP_LIBRARY}"
  SOURCES nsync.cc
  INCLUDES ${NSYNC_INCLUDE_DIR}
  LIBRARIES ${NSYNC_CPP_LIBRARY})

find_package(absl CONFIG QUIET)
weir_peer(absl PACKAGE libabsl-dev
  FOUND "${absl_FOUND}"
  SOURCES absl.cc
  LIBRARIES absl::synchronization)

# oneTBB: tbb::mutex is new in 2021.
find_package(TBB 2021.6 CONFIG QUIET)
weir_peer(tbb PACKAGE libtbb-dev
  FOUND "${TBB_FOUND}"
  SOURCES tbb.cc
  LIBRARIES TBB::tbb)
# Seen in its inline code where that is inlined into ours.
set_property(SOURCE peers/tbb.cc APPEND PROPERTY COMPILE_OPTIONS
  "$<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>")

find_path(MOODYCAMEL_INCLUDE_DIR concurrentqueue/blockingconcurrentqueue.h)
weir_peer(moodycamel PACKAGE libconcurrentqueue-dev
  FOUND "${MOODYCAMEL_INCLUDE_DIR}"
  SOURCES moodycamel.cc
  INCLUDES ${MOODYCAMEL_INCLUDE_DIR})

find_path(BOOST_LOCKFREE_INCLUDE_DIR boost/lockfree/spsc_queue.hpp)
weir_peer(boost-spsc PACKAGE libboost-dev
  FOUND "${BOOST_LOCKFREE_INCLUDE_DIR}"
  SOURCES boost.cc
  INCLUDES ${BOOST_LOCKFREE_INCLUDE_DIR})

find_path(CK_INCLUDE_DIR ck_ring.h)
find_library(CK_LIBRARY ck)
weir_peer(ck PACKAGE libck-dev
  FOUND "${CK_INCLUDE_DIR}" "${CK_LIBRARY}"
  SOURCES ck.cc ck_calls.c
  INCLUDES ${CK_INCLUDE_DIR}
  LIBRARIES ${CK_LIBRARY})

mark_as_advanced(NSYNC_INCLUDE_DIR NSYNC_CPP_LIBRARY MOODYCAMEL_INCLUDE_DIR
  BOOST_LOCKFREE_INCLUDE_DIR CK_INCLUDE_DIR CK_LIBRARY)

# The report says which were there.
get_property(versions GLOBAL PROPERTY WEIR_PEER_VERSIONS)
list(JOIN versions ", " versions)
if(versions STREQUAL "")
  set(versions "none installed")
endif()
set_property(SOURCE harness/env.cc APPEND PROPERTY
  COMPILE_DEFINITIONS "WEIR_BENCH_PEERS=\"${versions}\"")

# Each of them has a figure in a smoke run, and without them it is said so.
get_property(peers GLOBAL PROPERTY WEIR_PEERS)
add_test(NAME bench.peers COMMAND "${CMAKE_COMMAND}"
  "-DBENCH=$<TARGET_FILE:weir-bench>" "-DPEERS=${peers}"
  -P "${CMAKE_CURRENT_LIST_DIR}/check.cmake")
set_tests_properties(bench.peers PROPERTIES LABELS bench TIMEOUT 900
  RUN_SERIAL TRUE) # it spins
