# The include policy of lib/, checked: cmake [-D ROOT=<tree>] -P cmake/layers.cmake
# Prints one line for each violation, and fails when there is one.
cmake_minimum_required(VERSION 3.24)

# A room, and the rooms it may include. Those must stand above it, so that there is no circle between rooms.
set(rooms
  "net:"
  "io: net"
  "crypto:"
  "json:"
  "server: net"
  "handler: io server net"
  "concurrency: net server"
  "http: net io server handler concurrency"
  "service: net io crypto json server handler concurrency http"
)

# <...> may name the standard library (a word without a dot), or a header of POSIX, Linux or the compiler.
set(system_directories arpa asm linux net netinet sanitizer sys)
set(system_headers
  aio cpio cxxabi dirent dlfcn execinfo fcntl fnmatch ftw getopt glob grp ifaddrs langinfo libgen mqueue netdb
  paths poll pthread pty pwd regex sched semaphore signal spawn strings syslog termios ucontext unistd utime wordexp
  # the compiler's: instructions of one processor
  arm_acle arm_neon cpuid immintrin
  # C's own, for sources that need the POSIX part of them
  assert ctype errno fenv float inttypes limits locale math setjmp stdarg stddef stdint stdio stdlib string time wchar
)

if(NOT DEFINED ROOT)
  cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH ROOT)
endif()
cmake_path(ABSOLUTE_PATH ROOT)
set(map socketserver/socketserver.hpp)
set(violations 0)

function(violation where what)
  message(NOTICE "${where}: ${what}")
  math(EXPR violations "${violations} + 1")
  set(violations ${violations} PARENT_SCOPE)
endfunction()

set(known "")
foreach(row IN LISTS rooms)
  string(REGEX MATCH "^([a-z]+): ?(.*)$" row "${row}")
  set(room ${CMAKE_MATCH_1})
  string(REPLACE " " ";" may_include_${room} "${CMAKE_MATCH_2}")
  foreach(other IN LISTS may_include_${room})
    if(NOT other IN_LIST known)
      violation(cmake/layers.cmake "room ${room} names ${other}, which does not stand above it")
    endif()
  endforeach()
  list(APPEND known ${room})
endforeach()

# Judges the include `target` at `where`, a place in a file of `room`; the map's room is "".
function(check_own room where target)
  if(NOT target MATCHES "^socketserver/([a-z_]+)/[a-z0-9_/]+\\.hpp$")
    if(target STREQUAL map)
      violation(${where} "the map header is for users, name the header that is needed")
    else()
      violation(${where} "\"${target}\" is not of the form \"socketserver/room/file.hpp\"")
    endif()
  else()
    set(other ${CMAKE_MATCH_1})
    if(NOT other IN_LIST known)
      violation(${where} "there is no room ${other}")
    elseif(room AND NOT other STREQUAL room AND NOT other IN_LIST may_include_${room})
      violation(${where} "room ${room} may not include room ${other}")
    endif()
  endif()
  set(violations ${violations} PARENT_SCOPE)
endfunction()

function(check_system where target)
  if(target MATCHES "^socketserver/")
    violation(${where} "<${target}> is ours: write \"${target}\"")
  elseif(target MATCHES "^([a-z]+)\\.h$")
    if(NOT CMAKE_MATCH_1 IN_LIST system_headers)
      violation(${where} "<${target}> is neither standard nor of the system (or is missing in cmake/layers.cmake)")
    endif()
  elseif(target MATCHES "^([a-z]+)/[a-z0-9_/-]+\\.h$")
    if(NOT CMAKE_MATCH_1 IN_LIST system_directories)
      violation(${where} "<${target}> is of a third party")
    endif()
  elseif(NOT target MATCHES "^[a-z_]+$")
    violation(${where} "<${target}> is of a third party")
  endif()
  set(violations ${violations} PARENT_SCOPE)
endfunction()

file(GLOB_RECURSE files RELATIVE ${ROOT}/lib ${ROOT}/lib/*.hpp ${ROOT}/lib/*.cpp)
foreach(file IN LISTS files)
  set(room "")
  if(file MATCHES "^socketserver/([^/]+)/")
    set(room ${CMAKE_MATCH_1})
  endif()
  if(NOT room IN_LIST known AND NOT file STREQUAL map)
    violation(lib/${file} "is in no room of cmake/layers.cmake")
    continue()
  endif()

  file(READ ${ROOT}/lib/${file} text)
  # These mean something in CMake's lists, and nothing in an include.
  string(REGEX REPLACE "[][;\\]" "?" text "${text}")
  string(REPLACE "\n" ";" lines "${text}")
  set(number 0)
  foreach(line IN LISTS lines)
    math(EXPR number "${number} + 1")
    if(NOT line MATCHES "^[ \t]*#[ \t]*include")
      continue()
    endif()
    set(where lib/${file}:${number})
    if(line MATCHES "^[ \t]*#[ \t]*include[ \t]*\"([^\"]*)\"")
      set(target ${CMAKE_MATCH_1})
      check_own("${room}" ${where} ${target})
      list(APPEND included_by_${file} ${target})
    elseif(line MATCHES "^[ \t]*#[ \t]*include[ \t]*<([^>]*)>")
      check_system(${where} ${CMAKE_MATCH_1})
    else()
      violation(${where} "an include that cannot be read")
    endif()
  endforeach()
endforeach()

# A header all of whose includes are free of circles is free itself; what is left at the end is not.
set(circular ${files})
set(before "")
while(NOT circular STREQUAL before)
  set(before "${circular}")
  foreach(file IN LISTS before)
    set(free TRUE)
    foreach(target IN LISTS included_by_${file})
      if(target IN_LIST circular)
        set(free FALSE)
      endif()
    endforeach()
    if(free)
      list(REMOVE_ITEM circular ${file})
    endif()
  endforeach()
endwhile()

if(circular)
  list(GET circular 0 file)
  set(path "")
  while(NOT file IN_LIST path)
    list(APPEND path ${file})
    foreach(target IN LISTS included_by_${file})
      if(target IN_LIST circular)
        set(file ${target})
        break()
      endif()
    endforeach()
  endwhile()
  list(FIND path ${file} start)
  list(SUBLIST path ${start} -1 path)
  list(JOIN path " -> " path)
  violation(lib/${file} "includes itself: ${path} -> ${file}")
endif()

list(LENGTH files count)
if(violations GREATER 0)
  message(FATAL_ERROR " ${violations} violations of the include policy in ${count} files")
endif()
message(STATUS "${count} files keep the include policy")
