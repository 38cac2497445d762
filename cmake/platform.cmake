# What holds for every target of one build: language, warnings, size and sanitizers.
# WF_PLATFORM is native, wasi or web; the toolchain files set the last two.
if(NOT WF_PLATFORM)
  set(WF_PLATFORM native)
endif()
option(WF_SANITIZE "Build with the address and undefined-behaviour sanitizers, and the fuzzer of tests/fuzz" OFF)

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

# What one checkout has compiled, another need not: paths count from the project's folder. What is built with precompiled
# headers (tests/CMakeLists.txt) ccache keeps only with this sloppiness; after another definition for them, clear it.
find_program(ccache_program ccache)
if(ccache_program AND NOT DEFINED ENV{WF_NO_CCACHE})
  list(APPEND CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 CCACHE_ABSSTDERR=1
       CCACHE_SLOPPINESS=pch_defines,time_macros ${ccache_program})
endif()

# Assertions stay on in native builds: the unit tests are their point.
# Line numbers are all the debug information that a stack trace needs, and a third faster to build.
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")

if(WF_PLATFORM STREQUAL "native")
  if(WF_SANITIZE)
    set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O0 -g1") # half the time to build, and enough speed
    set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_compile_options(${sanitizers})
    # By which tests/fuzz sees what an input reaches; of comparisons it is not told, which would slow the tests.
    add_compile_options(-fsanitize-coverage=inline-8bit-counters,pc-table)
    add_link_options(${sanitizers})
  endif()
else()
  set(CMAKE_CXX_FLAGS_MINSIZEREL "-Oz -DNDEBUG")
  add_compile_options(-fno-exceptions -fno-rtti)
endif()

# For our own targets only; dependencies come in as SYSTEM headers.
add_library(wf_warnings INTERFACE)
target_compile_options(
  wf_warnings
  INTERFACE -Wall
            -Wextra
            -Wpedantic
            -Wconversion
            -Wsign-conversion
            -Wshadow
            -Wnon-virtual-dtor
            -Wold-style-cast
            -Wimplicit-fallthrough
            -Werror
            # g++ 12 reports these inside the standard library's own inlined code.
            $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict;-Wno-maybe-uninitialized;-Wno-dangling-reference>
            # Partial designated initialisers are how options are spelt here.
            -Wno-missing-field-initializers)
