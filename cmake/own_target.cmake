# SPDX-License-Identifier: Apache-2.0
#
# lowp_own_target(<target>): what holds for every program of this project and for none of its users.
function(lowp_own_target target)
  target_link_libraries(${target} PRIVATE lowp::lowp)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF COMPILE_WARNING_AS_ERROR ON)
  if(CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
    target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow -Wpedantic)
    # GCC 12 takes the moves inside std::string's operator+ for overruns (its bug 105329).
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      target_compile_options(${target} PRIVATE -Wno-array-bounds)
    endif()
    # GCC collects its garbage from 128 MB on; with a gigabyte a large test compiles in nine tenths of the time.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(${target} PRIVATE --param=ggc-min-expand=1000 --param=ggc-min-heapsize=1000000)
    endif()
    # COMPILE_WARNING_AS_ERROR came with CMake 3.24.
    if(CMAKE_VERSION VERSION_LESS 3.24)
      target_compile_options(${target} PRIVATE -Werror)
    endif()
  elseif(MSVC)
    target_compile_options(${target} PRIVATE /W4 /permissive-)
  endif()
endfunction()
