# Builds everything and runs all tests: cmake [-D <option>=<value>...] -P cmake/test.cmake
#   CXX        the compiler, e.g. clang++; else $CXX, else the system's
#   SANITIZE   address,undefined or thread
#   WERROR     ON makes warnings errors; else $SOCKETSERVER_WERROR
#   BUILD_DIR  else build/test, with compiler and sanitizer in its name where they are given
#   CMAKE_BUILD_TYPE  else one for tests: asserts on, quick to compile
# $CMAKE_BUILD_PARALLEL_LEVEL and $CTEST_PARALLEL_LEVEL limit what runs side by side; else all cores are used.
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

find_tools()
use_all_cores()

# GTest_ROOT and CMAKE_PREFIX_PATH lead to a GoogleTest of the user's own; tests/CMakeLists.txt looks there.
if(NOT DEFINED ENV{GTest_ROOT} AND NOT DEFINED ENV{CMAKE_PREFIX_PATH})
  execute_process(COMMAND ${compiler} -x c++ -E -include gtest/gtest.h /dev/null
                  RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
  if(NOT result EQUAL 0)
    missing(GoogleTest libgtest-dev)
  endif()
endif()

choose_build_dir(test)

if(DEFINED CMAKE_BUILD_TYPE)
  set(kind_of_build -D CMAKE_BUILD_TYPE=${CMAKE_BUILD_TYPE})
else()
  # -O1 compiles quicker than -O2 and is fast enough for the tests that measure; -g1 is enough for a stack trace.
  # Flags of our own, because those of every optimised build type of CMake turn asserts off.
  set(kind_of_build -D CMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1")
endif()

# The first failure counts, with the stack that led to it. An environment that has its own options keeps them.
set(asan detect_leaks=1:detect_stack_use_after_return=1)
set(ubsan halt_on_error=1:print_stacktrace=1)
# die_after_fork=0: a forking server forks while it has threads.
set(tsan halt_on_error=1:second_deadlock_stack=1:die_after_fork=0)
foreach(tool asan ubsan tsan)
  string(TOUPPER ${tool}_OPTIONS variable)
  if(NOT DEFINED ENV{${variable}})
    set(ENV{${variable}} ${${tool}})
  endif()
endforeach()

configure(${BUILD_DIR} ${kind_of_build}
          -D SOCKETSERVER_BUILD_APPS=ON -D SOCKETSERVER_BUILD_TESTS=ON "-DSOCKETSERVER_SANITIZE=${SANITIZE}")
# That each header compiles alone is no matter for a sanitizer.
if(NOT SANITIZE)
  set(headers all_verify_interface_header_sets)
endif()
step("The build failed" ${CMAKE_COMMAND} --build ${BUILD_DIR} --target all ${headers})
# ThreadSanitizer forks while other threads hold locks of its allocator, and lets nobody replace its operators as
# tests/support/fork_gate.cpp does: tests that fork beside threads of their own would hang now and then.
if(SANITIZE STREQUAL "thread")
  list(APPEND forking Forking Preforking PreforkedEcho ForkSet WorkerSet WorkerProcess ServerProcess
       ModelComparison with_processes RunsOneHandlerUnderEveryModel)
  list(JOIN forking "|" forking)
  set(exclude --exclude-regex "${forking}")
endif()
step("Tests failed" ${CMAKE_CTEST_COMMAND} --test-dir ${BUILD_DIR} --output-on-failure --no-tests=error ${exclude})
