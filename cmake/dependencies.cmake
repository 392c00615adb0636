# SPDX-License-Identifier: Apache-2.0
#
# lowp_require(<Catch2|fmt|benchmark|CLI11>) makes that library's targets available: found on the machine, else fetched in
# the version pinned here when LOWP_FETCH_DEPS allows it, else an error that says what to install. The library itself needs
# none of them; only tests, benches and examples call this.
include(FetchContent)

function(lowp_fetch name url hash)
  if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.25)
    set(system SYSTEM)  # our warnings are not theirs
  endif()
  set(BENCHMARK_ENABLE_TESTING OFF)
  set(BENCHMARK_ENABLE_INSTALL OFF)
  FetchContent_Declare(${name} URL ${url} URL_HASH SHA256=${hash} DOWNLOAD_EXTRACT_TIMESTAMP OFF ${system})
  FetchContent_MakeAvailable(${name})
endfunction()

# Catch2 v2 is one header, and this machine's copy of it does for another architecture too. It gets a folder of its own:
# the other headers beside it are not for that compiler.
function(lowp_catch_header)
  find_file(LOWP_CATCH_HEADER catch2/catch.hpp NO_CMAKE_FIND_ROOT_PATH)
  if(LOWP_CATCH_HEADER)
    set(folder "${CMAKE_BINARY_DIR}/catch2_header")
    file(COPY "${LOWP_CATCH_HEADER}" DESTINATION "${folder}/catch2")
    add_library(Catch2::Catch2 INTERFACE IMPORTED GLOBAL)
    target_include_directories(Catch2::Catch2 INTERFACE "${folder}")
  endif()
endfunction()

function(lowp_require name)
  # found_as: a target that exists once the library is there; versions are the lowest that are known to work.
  if(name STREQUAL "Catch2")
    set(found_as Catch2::Catch2)
    set(versions 3 2.13)  # one call each: their version files refuse a range over two majors
    set(url https://github.com/catchorg/Catch2/archive/refs/tags/v3.7.1.tar.gz)
    set(hash c991b247a1a0d7bb9c39aa35faf0fe9e19764213f28ffba3109388e62ee0269c)
    set(debian catch2)
    set(brew catch2)
  elseif(name STREQUAL "fmt")
    set(found_as fmt::fmt)
    set(versions "")  # 9.1 to 12; a newer major is not refused
    set(url https://github.com/fmtlib/fmt/archive/refs/tags/11.0.2.tar.gz)
    set(hash 6cb1e6d37bdcb756dbbe59be438790db409cdb4868c66e888d5df9f13f7c027f)
    set(debian libfmt-dev)
    set(brew fmt)
  elseif(name STREQUAL "benchmark")
    set(found_as benchmark::benchmark)
    set(versions "")
    set(url https://github.com/google/benchmark/archive/refs/tags/v1.9.1.tar.gz)
    set(hash 32131c08ee31eeff2c8968d7e874f3cb648034377dfc32a4c377fa8796d84981)
    set(debian libbenchmark-dev)
    set(brew google-benchmark)
  elseif(name STREQUAL "CLI11")
    set(found_as CLI11::CLI11)
    set(versions "")
    set(url https://github.com/CLIUtils/CLI11/archive/refs/tags/v2.4.2.tar.gz)
    set(hash f2d893a65c3b1324c50d4e682c0cdc021dd0477ae2c048544f39eed6654b699a)
    set(debian libcli11-dev)
    set(brew cli11)
  else()
    message(FATAL_ERROR "lowp_require: no dependency is called ${name}")
  endif()

  if(versions)
    foreach(version IN LISTS versions)
      if(NOT TARGET ${found_as})
        find_package(${name} ${version} QUIET)
      endif()
    endforeach()
  elseif(NOT TARGET ${found_as})
    find_package(${name} QUIET)
  endif()
  if(NOT TARGET ${found_as} AND name STREQUAL "Catch2" AND CMAKE_CROSSCOMPILING)
    lowp_catch_header()
  endif()
  if(TARGET ${found_as})
    return()
  endif()

  if(LOWP_FETCH_DEPS)
    lowp_fetch(${name} ${url} ${hash})
    return()
  endif()
  message(FATAL_ERROR
    "lowp: ${name} was not found. Install it (Debian, Ubuntu: apt-get install ${debian}; macOS: brew install ${brew}; "
    "or sh cmake/bootstrap.sh), or allow a download with -DLOWP_FETCH_DEPS=ON, or leave out what needs it with "
    "-DLOWP_BUILD_TESTS=OFF -DLOWP_BUILD_BENCH=OFF.")
endfunction()
