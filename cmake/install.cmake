# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The weir authors
#
# Headers, both libraries, the CMake package and weir.pc. Shared and static
# targets are exported apart, because only the static one needs liburcu.

include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/weir")
set(generated "${PROJECT_BINARY_DIR}/generated")

install(TARGETS weir_shared EXPORT weirSharedTargets)
install(TARGETS weir_static EXPORT weirStaticTargets)
# weir_explore installs itself (tests/explore/CMakeLists.txt).
install(DIRECTORY include/weir
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

foreach(kind IN ITEMS Shared Static)
  install(EXPORT weir${kind}Targets
    NAMESPACE weir:: DESTINATION ${package_dir})
endforeach()

configure_package_config_file(cmake/weirConfig.cmake.in
  "${generated}/weirConfig.cmake" INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file("${generated}/weirConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${generated}/weirConfig.cmake"
  "${generated}/weirConfigVersion.cmake"
  cmake/FindURCU.cmake
  DESTINATION ${package_dir})

# weir.pc finds its prefix from where it lies, so an installed tree may move.
file(RELATIVE_PATH weir_pc_to_prefix
  "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" weir_pc_to_prefix "${weir_pc_to_prefix}")
configure_file(cmake/weir.pc.in "${generated}/weir.pc" @ONLY)
install(FILES "${generated}/weir.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
