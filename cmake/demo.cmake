# Builds the programs and runs the tour, which starts every server and asks it something.
#   cmake [-D CXX=<compiler>] [-D BUILD_DIR=<directory>] -P cmake/demo.cmake
include(${CMAKE_CURRENT_LIST_DIR}/steps.cmake)

find_tools()
use_all_cores()
choose_build_dir(demo)

configure(${BUILD_DIR} -D CMAKE_BUILD_TYPE=Release -D SOCKETSERVER_BUILD_APPS=ON -D SOCKETSERVER_BUILD_TESTS=OFF)
step("The build failed" ${CMAKE_COMMAND} --build ${BUILD_DIR})
# The tour shows this repository's own files.
step("The tour failed" ${CMAKE_COMMAND} -E chdir ${ROOT} ${BUILD_DIR}/bin/tour)
