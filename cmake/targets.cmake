# The three kinds of target this project has. Sources are listed by hand in each folder.

# Shows FOLDER's headers, as #include "FOLDER/name.hpp", to TARGET and whoever links it, and to
# nobody else: a layer cannot even include the one above it.
function(wf_show_headers target scope folder)
  set(root ${CMAKE_BINARY_DIR}/include/${target})
  get_filename_component(parent ${folder} DIRECTORY)
  file(MAKE_DIRECTORY ${root}/${parent})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${folder} ${root}/${folder} SYMBOLIC)
  target_include_directories(${target} ${scope} ${root})
endfunction()

# wf_library(name FOLDER shared/base SOURCES a.cpp b.cpp LINK targets...)
function(wf_library name)
  cmake_parse_arguments(arg "" "FOLDER" "SOURCES;LINK" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE wf_warnings)
  wf_show_headers(${name} PUBLIC ${arg_FOLDER})
  target_link_libraries(${name} PUBLIC ${arg_LINK})
endfunction()

# wf_program(name SOURCES ... LINK ...): an executable in the build's top folder.
function(wf_program name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE wf_warnings ${arg_LINK})
endfunction()

# wf_test(name SOURCES ... LINK ...): Catch2 tests, run natively or as wasm under Node.
function(wf_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK" ${ARGN})
  wf_program(${name} SOURCES ${arg_SOURCES} LINK ${arg_LINK} project_files)
  if(WF_TEST_HEADERS)
    target_precompile_headers(${name} ${WF_TEST_HEADERS})
  endif()
  wf_show_headers(${name} PRIVATE tests)
  if(WF_PLATFORM STREQUAL "wasi")
    # A deep recursion in a test must not run into the data segment.
    target_link_options(${name} PRIVATE -Wl,-z,stack-size=1048576 -Wl,--stack-first)
  elseif(WF_PLATFORM STREQUAL "web")
    # A separate .wasm file cannot be loaded under Node 18 and newer by this Emscripten.
    target_link_options(
      ${name} PRIVATE -sSINGLE_FILE=1 -sNODERAWFS=1 -sENVIRONMENT=node -sALLOW_MEMORY_GROWTH=1
      -sEXIT_RUNTIME=1 -O1)
    set_target_properties(${name} PROPERTIES SUFFIX .cjs)
  endif()
  add_test(NAME ${name} COMMAND ${PROJECT_SOURCE_DIR}/scripts/run_unit_test $<TARGET_FILE:${name}>)
  set_property(GLOBAL APPEND PROPERTY WF_TESTS $<TARGET_FILE:${name}>)
endfunction()

# For a build that can have no tests: why, which scripts/test tells.
function(wf_leave_tests_out why)
  message(STATUS "no unit tests: ${why}")
  set_property(GLOBAL PROPERTY WF_TESTS "# ${why}")
endfunction()

# The paths of all unit-test programs, one per line, for scripts/test.
function(wf_write_test_list)
  get_property(tests GLOBAL PROPERTY WF_TESTS)
  list(JOIN tests "\n" lines)
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/unit_tests.txt CONTENT "${lines}\n")
endfunction()
