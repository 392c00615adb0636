# SPDX-License-Identifier: Apache-2.0
#
# cmake -DDOOR=<door.hpp> -DCAP=<lines> -DCOMPILER=<c++> -DINCLUDE=<dir> -P header_cost.cmake
#
# Counts the preprocessed lines that a door adds to the standard headers it may include. Lines and not seconds: a line
# count is the same on every run.
set(standard "")
foreach(header bit compare concepts coroutine cstddef cstdint limits type_traits)
  string(APPEND standard "#include <${header}>\n")
endforeach()

function(preprocessed_lines text result)
  file(WRITE "${SCRATCH}.cpp" "${text}")
  execute_process(COMMAND ${COMPILER} -std=c++20 "-I${INCLUDE}" -E -P "${SCRATCH}.cpp"
    OUTPUT_VARIABLE output ERROR_VARIABLE error RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${error}")
  endif()
  string(REGEX REPLACE "[^\n]" "" output "${output}")
  string(LENGTH "${output}" lines)
  set(${result} ${lines} PARENT_SCOPE)
endfunction()

preprocessed_lines("${standard}" base)
preprocessed_lines("${standard}#include <lowp/${DOOR}>\n" all)
math(EXPR own "${all} - ${base}")
message(STATUS "lowp/${DOOR}: ${own} preprocessed lines of its own (cap ${CAP}) on ${base} of the standard library")
if(own GREATER CAP)
  message(FATAL_ERROR "lowp/${DOOR} adds ${own} lines, more than the cap of ${CAP}: "
    "what did it begin to include, and does a reader of a format need that?")
endif()
if(own LESS_EQUAL 0)
  message(FATAL_ERROR "lowp/${DOOR} adds nothing: the measurement is broken")
endif()
