# SPDX-License-Identifier: Apache-2.0
#
# cmake -DSOURCE=<case.cpp> -DCOMPILER=<c++> -DFLAGS=<comma-separated> -P reject.cmake
#
# A case holds two versions of one program. With REJECT_CONTROL defined it is right and must compile, so that the refusal
# of the other version cannot come from a typo; without it the compiler must refuse it with a message that matches the
# regular expression after `// expect:`.
string(REPLACE "," ";" FLAGS "${FLAGS}")
file(STRINGS "${SOURCE}" expect LIMIT_COUNT 1 REGEX "^// expect: ")
string(REGEX REPLACE "^// expect: " "" expect "${expect}")
if(expect STREQUAL "")
  message(FATAL_ERROR "${SOURCE} has no line '// expect: <regular expression>'")
endif()
file(STRINGS "${SOURCE}" control REGEX "REJECT_CONTROL")
if(NOT control)
  message(FATAL_ERROR "${SOURCE} has no version for REJECT_CONTROL")
endif()

execute_process(COMMAND ${COMPILER} ${FLAGS} -fsyntax-only -DREJECT_CONTROL "${SOURCE}"
  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "the control does not compile:\n${output}")
endif()

execute_process(COMMAND ${COMPILER} ${FLAGS} -fsyntax-only "${SOURCE}"
  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0)
  message(FATAL_ERROR "this compiled and must not")
endif()
if(NOT output MATCHES "${expect}")
  message(FATAL_ERROR "refused, but no message matches '${expect}':\n${output}")
endif()
