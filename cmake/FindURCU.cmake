# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
#
# Finds liburcu in its "bulletproof" flavour, which needs no registration of
# threads by the caller. Defines URCU::bp. pkg-config is asked first where it
# is there, and is not needed.

find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(PC_URCU QUIET liburcu-bp)
endif()

find_path(URCU_INCLUDE_DIR urcu-bp.h HINTS ${PC_URCU_INCLUDE_DIRS})
find_library(URCU_BP_LIBRARY urcu-bp HINTS ${PC_URCU_LIBRARY_DIRS})
find_library(URCU_COMMON_LIBRARY urcu-common HINTS ${PC_URCU_LIBRARY_DIRS})
mark_as_advanced(URCU_INCLUDE_DIR URCU_BP_LIBRARY URCU_COMMON_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(URCU
  REQUIRED_VARS URCU_BP_LIBRARY URCU_COMMON_LIBRARY URCU_INCLUDE_DIR
  VERSION_VAR PC_URCU_VERSION
  REASON_FAILURE_MESSAGE "liburcu-bp is missing (Debian: liburcu-dev)")

if(URCU_FOUND AND NOT TARGET URCU::bp)
  add_library(URCU::bp INTERFACE IMPORTED)
  target_include_directories(URCU::bp INTERFACE ${URCU_INCLUDE_DIR})
  target_link_libraries(URCU::bp
    INTERFACE ${URCU_BP_LIBRARY} ${URCU_COMMON_LIBRARY})
endif()
