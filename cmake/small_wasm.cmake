# What makes the edge module small; docs/benchmarks.md says what each part is worth.
find_program(WF_WASM_OPT wasm-opt HINTS ${PROJECT_SOURCE_DIR}/node_modules/.bin)
find_program(WF_GZIP gzip)

# Optimised as a whole. A module lives until its Worker is thrown away: nothing needs to be destroyed at
# exit, nothing waits for another thread. Every engine that runs Workers has both instruction sets.
function(wf_compile_small target)
  target_compile_options(
    ${target}
    PRIVATE -flto
            -fvisibility=hidden
            -fno-c++-static-destructors
            -fno-threadsafe-statics
            -fmerge-all-constants
            -fno-math-errno
            -mbulk-memory
            -msign-ext
            -mnontrapping-fptoint)
endfunction()

# gzip finds more that repeats where related functions, which have related names, stand side by side, and
# where the data stay in one piece, zeros and all. Older Binaryens can do neither.
set(WF_WASM_ORDER)
if(WF_WASM_OPT)
  execute_process(COMMAND ${WF_WASM_OPT} --help OUTPUT_VARIABLE wf_wasm_opt_help ERROR_QUIET)
  if(wf_wasm_opt_help MATCHES "--skip-pass" AND wf_wasm_opt_help MATCHES "--reorder-functions-by-name")
    set(WF_WASM_ORDER --skip-pass=memory-packing --reorder-functions-by-name)
  endif()
endif()

# Functions of the same code are merged; Binaryen then shrinks the whole, and the build says what is left.
# Nothing lies in the first kilobyte of memory, the far end of the stack: Binaryen may rely on it.
function(wf_link_small target)
  target_link_options(${target} PRIVATE -Wl,-mllvm,-enable-merge-functions -Wl,-mllvm,-disable-lsr
                                                -Wl,-mllvm,-enable-load-pre=false)
  if(WF_WASM_OPT)
    target_link_options(${target} PRIVATE -Wl,--strip-debug)
    add_custom_command(
      TARGET ${target}
      POST_BUILD
      COMMAND
        ${WF_WASM_OPT} -Oz ${WF_WASM_ORDER} --low-memory-unused --strip-producers --strip-target-features
        --enable-sign-ext --enable-nontrapping-float-to-int --enable-bulk-memory $<TARGET_FILE:${target}> -o
        $<TARGET_FILE:${target}>
      VERBATIM)
  else()
    target_link_options(${target} PRIVATE -Wl,--strip-all)
  endif()
  if(WF_GZIP)
    add_custom_command(
      TARGET ${target}
      POST_BUILD
      COMMAND ${CMAKE_COMMAND} -DGZIP=${WF_GZIP} -DFILE=$<TARGET_FILE:${target}>
              -DBUDGETS=${PROJECT_SOURCE_DIR}/budgets.json -DPART=${target} -P
              ${PROJECT_SOURCE_DIR}/cmake/print_gzip_size.cmake
      VERBATIM)
  endif()
endfunction()
