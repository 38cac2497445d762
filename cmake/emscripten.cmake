# Toolchain: Emscripten, from Debian's package or from EMSDK; stands in for calling emcmake.
set(WF_PLATFORM web)

if(DEFINED ENV{EMSDK})
  set(EMSCRIPTEN_ROOT_PATH $ENV{EMSDK}/upstream/emscripten)
  foreach(tool CMAKE_C_COMPILER=emcc CMAKE_CXX_COMPILER=em++ CMAKE_AR=emar CMAKE_RANLIB=emranlib)
    string(REPLACE "=" ";" pair ${tool})
    list(GET pair 0 variable)
    list(GET pair 1 program)
    set(${variable} ${EMSCRIPTEN_ROOT_PATH}/${program} CACHE FILEPATH "")
  endforeach()
else()
  set(EMSCRIPTEN_ROOT_PATH /usr/share/emscripten)
  # Debian's emcc needs acorn from Debian's Node modules, which no other Node looks for.
  set(node_path NODE_PATH=/usr/share/nodejs:/usr/lib/nodejs)
  set(ENV{NODE_PATH} /usr/share/nodejs:/usr/lib/nodejs)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env ${node_path})
  set(CMAKE_CXX_LINKER_LAUNCHER ${CMAKE_COMMAND} -E env ${node_path})
endif()

include(${EMSCRIPTEN_ROOT_PATH}/cmake/Modules/Platform/Emscripten.cmake)
