# Runs one fuzz target; a find is printed as the commands that show it again. CMakeLists.txt gives the variables.
#   PROGRAM, FLAGS  the target, and libFuzzer's flags
#   CORPUS          its seeds, which are only read
#   WORK            what it learns, in corpus/, kept for the next run; and what it finds
cmake_minimum_required(VERSION 3.24)

file(GLOB seeds ${CORPUS}/*)
if(NOT seeds)
  message(FATAL_ERROR " ${CORPUS} holds no seed")
endif()
file(MAKE_DIRECTORY ${WORK}/corpus)

# Small, so that memory that is held counts more than memory that was.
if(NOT DEFINED ENV{ASAN_OPTIONS})
  set(ENV{ASAN_OPTIONS} quarantine_size_mb=16:detect_stack_use_after_return=1:allocator_may_return_null=0)
endif()
set(ENV{UBSAN_OPTIONS} print_stacktrace=1:$ENV{UBSAN_OPTIONS})

file(GLOB old ${WORK}/find-*)
if(old)
  file(REMOVE ${old})
endif()
execute_process(COMMAND ${PROGRAM} ${FLAGS} -print_final_stats=1 -artifact_prefix=${WORK}/find- ${WORK}/corpus ${CORPUS}
                RESULT_VARIABLE result)
if(result EQUAL 0)
  return()
endif()

file(GLOB finds ${WORK}/find-*)
foreach(find IN LISTS finds)
  execute_process(COMMAND base64 -w 0 ${find} OUTPUT_VARIABLE base64)
  execute_process(COMMAND ${CMAKE_COMMAND} -E echo
    "\nTo see it again:\n  echo '${base64}' | base64 -d >find\n  ${PROGRAM} find")
endforeach()
message(FATAL_ERROR " ${PROGRAM} failed (status ${result})")
