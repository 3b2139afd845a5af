# florin_room(NAME SOURCES a.cc ... DEPS base num ... [LIBS third-party ...]
#             [TESTS a_test.cc ...] [BENCHES a_bench.cc ...] [FUZZ a_fuzz.cc ...]
#             [TEST_DEPS rooms ...] [FUZZ_SEEDS dir])
# makes the library florin_NAME, one test program florin_NAME_test, benchmarks and fuzz targets.
# DEPS are rooms; tools/check_layers.py holds them to the door table of docs/ARCHITECTURE.md.
#
# A fuzz target x_fuzz.cc defines LLVMFuzzerTestOneInput. Without FLORIN_FUZZ it is linked with
# cmake/fuzz_smoke.cc, which replays the seeds and a fixed number of seeded mutations under ctest.
function(florin_room NAME)
  cmake_parse_arguments(ROOM "" "FUZZ_SEEDS" "SOURCES;DEPS;LIBS;TESTS;BENCHES;FUZZ;TEST_DEPS" ${ARGN})
  set(target florin_${NAME})
  add_library(${target} STATIC ${ROOM_SOURCES})
  target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  list(TRANSFORM ROOM_DEPS PREPEND florin_)
  list(TRANSFORM ROOM_TEST_DEPS PREPEND florin_)
  target_link_libraries(${target} PUBLIC ${ROOM_DEPS} PRIVATE florin_warnings ${ROOM_LIBS})

  if(FLORIN_TESTS AND ROOM_TESTS)
    add_executable(${target}_test ${ROOM_TESTS})
    target_link_libraries(${target}_test PRIVATE
      ${target} ${ROOM_TEST_DEPS} florin_warnings GTest::gtest GTest::gtest_main)
    target_compile_definitions(${target}_test PRIVATE FLORIN_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
    add_test(NAME ${NAME} COMMAND ${target}_test)
    set(labels unit)
    if(NAME IN_LIST FLORIN_CORE_ROOMS)
      list(APPEND labels core)
      add_dependencies(florin_core_tests ${target}_test)
    endif()
    set_tests_properties(${NAME} PROPERTIES LABELS "${labels}" TIMEOUT 600)
  endif()
  if(FLORIN_BENCH AND ROOM_BENCHES)
    add_executable(${target}_bench ${ROOM_BENCHES})
    target_link_libraries(${target}_bench PRIVATE
      ${target} ${ROOM_TEST_DEPS} florin_warnings benchmark::benchmark_main)
  endif()
  foreach(fuzz IN LISTS ROOM_FUZZ)
    florin_fuzz(${target} ${fuzz} "${ROOM_FUZZ_SEEDS}" "${ROOM_TEST_DEPS}")
  endforeach()
endfunction()

function(florin_fuzz ROOM_TARGET SOURCE SEEDS DEPS)
  get_filename_component(name ${SOURCE} NAME_WE)
  set(target ${ROOM_TARGET}_${name})
  if(FLORIN_FUZZ)
    add_executable(${target} ${SOURCE})
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer)
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  elseif(FLORIN_TESTS)
    add_executable(${target} ${SOURCE} ${CMAKE_SOURCE_DIR}/cmake/fuzz_smoke.cc)
    set(seeds "${CMAKE_CURRENT_SOURCE_DIR}/${SEEDS}")
    add_test(NAME ${target} COMMAND ${target} ${seeds})
    set_tests_properties(${target} PROPERTIES LABELS "fuzz" TIMEOUT 120)
  else()
    return()
  endif()
  target_link_libraries(${target} PRIVATE ${ROOM_TARGET} ${DEPS} florin_warnings)
endfunction()
