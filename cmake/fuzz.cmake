# Builds the library and the fuzz targets of tests/fuzz with libFuzzer, AddressSanitizer and UBSan, and runs them
# side by side, one for each core: cmake [-D <option>=<value>...] -P cmake/fuzz.cmake
#   SECONDS    for each target; else 60
#   ONLY       a regular expression: only targets whose names match
#   CXX        a clang++ of another name
#   WERROR     ON makes warnings errors; else $SOCKETSERVER_WERROR
#   BUILD_DIR  else build/fuzz-<CXX>; what was learned stays there, and the next run begins with it
# Fails when a target crashes, hangs, leaks or grows, and prints the commands that show it again.
if(NOT DEFINED CXX)
  set(CXX clang++)  # libFuzzer is clang's
endif()
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

find_tools()
use_all_cores()
choose_build_dir(fuzz)
if(NOT DEFINED SECONDS)
  set(SECONDS 60)
endif()

# As for the tests: asserts on, optimised enough to be quick, and stack traces that can be read.
configure(${BUILD_DIR} -D CMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-O1 -g1" -D SOCKETSERVER_FUZZ=ON
          -D SOCKETSERVER_FUZZ_SECONDS=${SECONDS} -D SOCKETSERVER_BUILD_APPS=OFF -D SOCKETSERVER_BUILD_TESTS=OFF)
step("The build failed" ${CMAKE_COMMAND} --build ${BUILD_DIR})
step("Fuzzing found something" ${CMAKE_CTEST_COMMAND} --test-dir ${BUILD_DIR} --output-on-failure --no-tests=error
     --tests-regex "^fuzz\\.(${ONLY})")
