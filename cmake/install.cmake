# SPDX-License-Identifier: Apache-2.0
#
# Headers, a CMake package and a pkg-config file; all three find each other by relative paths, so that an installed tree
# may be moved. Nothing installed depends on the machine, hence share/ and not lib/.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(lowp_package_dir "${CMAKE_INSTALL_DATADIR}/cmake/lowp")
install(TARGETS lowp EXPORT lowp-config FILE_SET HEADERS)
install(EXPORT lowp-config NAMESPACE lowp:: DESTINATION "${lowp_package_dir}")

# While the major version is 0, a minor version may break its users.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/lowp-config-version.cmake"
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/lowp-config-version.cmake" DESTINATION "${lowp_package_dir}")

file(RELATIVE_PATH lowp_pc_include "${CMAKE_INSTALL_FULL_DATADIR}/pkgconfig" "${CMAKE_INSTALL_FULL_INCLUDEDIR}")
configure_file("${CMAKE_CURRENT_LIST_DIR}/lowp.pc.in" "${PROJECT_BINARY_DIR}/lowp.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/lowp.pc" DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")
