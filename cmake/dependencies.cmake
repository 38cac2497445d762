# Outside libraries as targets: json, expected (headers), catch2, imgui.
# Headers come from the distribution's packages, Catch2 and Dear ImGui from .dev/cache/sources
# (scripts/fetch_sources); whatever is not there is fetched from its upstream repository.
include(FetchContent)

set(wf_sources ${PROJECT_SOURCE_DIR}/.dev/cache/sources)

function(wf_fetch name repository tag out_dir)
  FetchContent_Declare(
    ${name}
    GIT_REPOSITORY https://github.com/${repository}.git
    GIT_TAG ${tag}
    GIT_SHALLOW ON)
  FetchContent_GetProperties(${name})
  if(NOT ${name}_POPULATED)
    message(STATUS "fetching ${repository} ${tag}")
    FetchContent_Populate(${name})
  endif()
  set(${out_dir} ${${name}_SOURCE_DIR} PARENT_SCOPE)
endfunction()

# One header folder, linked alone into the build tree: a wasm compiler that saw all of
# /usr/include would take the machine's own libc headers.
function(wf_header_library name folder header repository tag include_dir)
  find_path(
    WF_${name}_ROOT ${folder}/${header}
    PATHS /usr/include /usr/local/include /opt/homebrew/include
    NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
  if(WF_${name}_ROOT)
    set(found ${WF_${name}_ROOT}/${folder})
  else()
    wf_fetch(${name} ${repository} ${tag} fetched)
    set(found ${fetched}/${include_dir}/${folder})
  endif()
  set(root ${CMAKE_BINARY_DIR}/headers/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${found} ${root}/${folder} SYMBOLIC COPY_ON_ERROR)
  add_library(${name} INTERFACE)
  target_include_directories(${name} SYSTEM INTERFACE ${root})
endfunction()

wf_header_library(json nlohmann json.hpp nlohmann/json v3.11.3 include)
wf_header_library(expected tl expected.hpp TartanLlama/expected v1.1.0 include)

# Reading must not be able to throw, nor to convert silently (a wrong type would abort).
target_compile_definitions(
  json INTERFACE JSON_NOEXCEPTION JSON_HAS_FILESYSTEM=0 JSON_HAS_EXPERIMENTAL_FILESYSTEM=0
                 JSON_USE_IMPLICIT_CONVERSIONS=0)

# Catch2's amalgamated file takes 15 s to compile, hence a library.
if(EXISTS ${wf_sources}/catch2/extras/catch_amalgamated.cpp)
  set(catch2_dir ${wf_sources}/catch2)
else()
  wf_fetch(catch2 catchorg/Catch2 v3.7.1 catch2_dir)
endif()
add_library(catch2 STATIC EXCLUDE_FROM_ALL ${catch2_dir}/extras/catch_amalgamated.cpp)
target_include_directories(catch2 SYSTEM PUBLIC ${catch2_dir}/extras)
if(NOT WF_PLATFORM STREQUAL "native")
  target_compile_definitions(
    catch2 PUBLIC CATCH_CONFIG_DISABLE_EXCEPTIONS CATCH_CONFIG_NO_POSIX_SIGNALS CATCH_CONFIG_NO_GETENV)
endif()
if(WF_PLATFORM STREQUAL "wasi")
  target_compile_definitions(catch2 PUBLIC _WASI_EMULATED_PROCESS_CLOCKS)
  target_link_libraries(catch2 PUBLIC wasi-emulated-process-clocks)
endif()

# Dear ImGui: the target imgui is the library, imgui_opengl3 its WebGL2 renderer.
if(EXISTS ${wf_sources}/imgui/imgui.h)
  set(imgui_dir ${wf_sources}/imgui)
elseif(NOT WF_PLATFORM STREQUAL "wasi")
  wf_fetch(imgui ocornut/imgui v1.92.2b imgui_dir)
endif()
if(NOT WF_PLATFORM STREQUAL "wasi")
  add_library(imgui STATIC EXCLUDE_FROM_ALL ${imgui_dir}/imgui.cpp ${imgui_dir}/imgui_draw.cpp
                                            ${imgui_dir}/imgui_tables.cpp ${imgui_dir}/imgui_widgets.cpp)
  target_include_directories(imgui SYSTEM PUBLIC ${imgui_dir} ${imgui_dir}/backends)
  target_compile_definitions(
    imgui
    PUBLIC IMGUI_DISABLE_OBSOLETE_FUNCTIONS
           IMGUI_DISABLE_DEMO_WINDOWS
           IMGUI_DISABLE_DEBUG_TOOLS
           IMGUI_DISABLE_FILE_FUNCTIONS
           IMGUI_DISABLE_DEFAULT_SHELL_FUNCTIONS
           IMGUI_USE_WCHAR32
           # Nine cards at three pixels a point have more than 65,536 corners.
           "ImDrawIdx=unsigned int")
  # Debian 13's copy leaves out the bundled stb headers; they are a package of their own.
  if(NOT EXISTS ${imgui_dir}/imstb_truetype.h)
    foreach(part rectpack textedit truetype)
      file(CREATE_LINK /usr/include/stb/stb_${part}.h ${CMAKE_BINARY_DIR}/headers/stb/imstb_${part}.h SYMBOLIC
           COPY_ON_ERROR)
    endforeach()
    target_include_directories(imgui SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/headers/stb)
  endif()
endif()
if(WF_PLATFORM STREQUAL "web")
  add_library(imgui_opengl3 STATIC EXCLUDE_FROM_ALL ${imgui_dir}/backends/imgui_impl_opengl3.cpp)
  target_link_libraries(imgui_opengl3 PUBLIC imgui)
  target_compile_definitions(imgui_opengl3 PUBLIC IMGUI_IMPL_OPENGL_ES3)
  # The dashboard is one program optimised as a whole.
  target_compile_options(imgui PRIVATE -flto)
  target_compile_options(imgui_opengl3 PRIVATE -flto)
endif()
