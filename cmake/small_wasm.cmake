# What makes the wasm modules small; docs/benchmarks.md says what the larger steps were worth.
# Binaryen is the npm package of package-lock.json: the size does not depend on the system's version.
set(WF_WASM_OPT ${PROJECT_SOURCE_DIR}/node_modules/.bin/node ${PROJECT_SOURCE_DIR}/node_modules/binaryen/bin/wasm-opt)
find_program(WF_GZIP gzip)

# Optimised as a whole. A module lives until its Worker is thrown away: nothing needs to be destroyed at
# exit, nothing waits for another thread. Every engine that runs Workers has all three instruction sets.
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

# Functions of the same code are merged; Binaryen then shrinks the whole, and the build says what is left. Taken apart
# once (--flatten) and put together anew, blocks and locals are fewer: 1,000 bytes.
# gzip finds more that repeats where related functions, which have related names, stand side by side, and
# where the data stay in one piece, zeros and all.
# Told to optimise, clang would run the system's own wasm-opt first, which takes the names away: -O0.
# Nothing lies in the first kilobyte of memory, the far end of the stack: Binaryen may rely on it.
function(wf_link_small target)
  target_link_options(${target} PRIVATE -O0 -Wl,--strip-debug -Wl,-mllvm,-enable-merge-functions
                                                -Wl,-mllvm,-disable-lsr -Wl,-mllvm,-enable-load-pre=false)
  add_custom_command(
    TARGET ${target}
    POST_BUILD
    COMMAND
      ${WF_WASM_OPT} -Oz --flatten --rereloop -Oz -Oz --reorder-functions-by-name --skip-pass=memory-packing
      --low-memory-unused --strip-producers --strip-target-features --enable-sign-ext --enable-nontrapping-float-to-int
      --enable-bulk-memory $<TARGET_FILE:${target}> -o $<TARGET_FILE:${target}>
    VERBATIM)
  wf_print_gzip_size(${target} $<TARGET_FILE:${target}>)
endfunction()

# After it is built: what the files take together, beside what budgets.json allows `target`.
function(wf_print_gzip_size target)
  if(NOT WF_GZIP)
    return()
  endif()
  list(JOIN ARGN "," files)
  add_custom_command(
    TARGET ${target}
    POST_BUILD
    COMMAND ${CMAKE_COMMAND} -DGZIP=${WF_GZIP} -DFILES=${files} -DBUDGETS=${PROJECT_SOURCE_DIR}/budgets.json
            -DPART=${target} -P ${PROJECT_SOURCE_DIR}/cmake/print_gzip_size.cmake
    VERBATIM)
endfunction()
