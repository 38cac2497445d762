// The page's bridge: C functions over one App. web-ui/platform/core.mjs is the other side.
#include <GLES3/gl3.h>
#include <emscripten/emscripten.h>
#include <emscripten/html5.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>

#include "imgui.h"
#include "imgui_impl_opengl3.h"
#include "imgui_internal.h"
#include "web-ui/app/app.hpp"
#include "web-ui/platform/browser_glyphs.hpp"

extern "C" {
/// Given by the page: writes text into `out`, returns its length in bytes.
int wf_page_time_text(double unix_secs, int style, char* out, int capacity);
}

namespace {

struct Page {
  wf::ShapedRuns runs;
  std::unique_ptr<wf::App> app;
  EMSCRIPTEN_WEBGL_CONTEXT_HANDLE context = 0;
  int drawn_mirror = 0;
  float scroll_by = 0;
  std::string effects;
};

Page& page() {
  static Page instance;
  return instance;
}

// In the order of STYLES in page.mjs.
enum class TimeStyle { brief, exact, day };

std::string time_text(wf::UnixSeconds at, TimeStyle style) {
  std::array<char, 96> text{};
  const int length = wf_page_time_text(static_cast<double>(wf::to_unix(at)), static_cast<int>(style),
                                       text.data(), static_cast<int>(text.size()));
  return {text.data(), static_cast<std::size_t>(length)};
}

wf::TimeTexts page_times() {
  return {.exact = [](wf::UnixSeconds at) { return time_text(at, TimeStyle::exact); },
          .brief = [](wf::UnixSeconds at) { return time_text(at, TimeStyle::brief); },
          .day =
              [](wf::UnixSeconds at) {
                return wf::parse_day(time_text(at, TimeStyle::day)).value_or(wf::day_of(at));
              }};
}

ImFont* add_font(const void* bytes, int length, bool with_browser_glyphs) {
  ImFontConfig config;
  config.FontDataOwnedByAtlas = false;
  ImFontAtlas* atlas = ImGui::GetIO().Fonts;
  ImFont* font = atlas->AddFontFromMemoryTTF(const_cast<void*>(bytes), length, 16, &config);
  if (with_browser_glyphs) wf::merge_browser_glyphs(*atlas, page().runs);
  return font;
}

bool start_renderer() {
  EmscriptenWebGLContextAttributes attributes;
  emscripten_webgl_init_context_attributes(&attributes);
  attributes.majorVersion = 2;
  attributes.alpha = false;
  attributes.depth = attributes.stencil = attributes.antialias = false;
  attributes.premultipliedAlpha = true;
  page().context = emscripten_webgl_create_context("#screen", &attributes);
  if (page().context <= 0) return false;
  emscripten_webgl_make_context_current(page().context);
  return ImGui_ImplOpenGL3_Init("#version 300 es");
}

bool has_renderer() { return page().context > 0; }

void forget_old_runs() {
  if (!page().runs.crowded()) return;
  page().runs.forget();
  ImFontAtlasBuildDiscardBakes(ImGui::GetIO().Fonts, 0);
}

void begin_imgui_frame(float width, float height) {
  forget_old_runs();
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = {width, height};
  io.DeltaTime = 1.0F / 60;
  if (has_renderer()) ImGui_ImplOpenGL3_NewFrame();
  ImGui::NewFrame();
}

wf::Drawn draw(const wf::Frame& frame) {
  begin_imgui_frame(frame.width * frame.scale, frame.height * frame.scale);
  return page().app->draw(*ImGui::GetBackgroundDrawList(), frame);
}

void render() {
  ImGui::Render();
  if (!has_renderer()) return;
  const wf::Color back = page().app->background();
  glViewport(0, 0, static_cast<int>(ImGui::GetIO().DisplaySize.x),
             static_cast<int>(ImGui::GetIO().DisplaySize.y));
  glClearColor(static_cast<float>(back.r) / 255, static_cast<float>(back.g) / 255,
               static_cast<float>(back.b) / 255, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

}  // namespace

extern "C" {

/// The three fonts stay where the page put them. Returns whether WebGL2 draws; without it the
/// mirror is still produced.
EMSCRIPTEN_KEEPALIVE int wf_start(const void* text, int text_length, const void* title, int title_length,
                                  const void* icons, int icons_length) {
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.LogFilename = nullptr;
  io.BackendFlags |= ImGuiBackendFlags_RendererHasTextures;
  ImGui::GetStyle().CircleTessellationMaxError = 0.1F;
  const bool drawn = start_renderer();
  const wf::Fonts fonts{.text = add_font(text, text_length, true),
                        .title = add_font(title, title_length, true),
                        .icon = add_font(icons, icons_length, false),
                        .runs = &page().runs};
  page().app = std::make_unique<wf::App>(fonts, page_times());
  return drawn ? 1 : 0;
}

EMSCRIPTEN_KEEPALIVE int wf_post(const char* kind, const char* payload) {
  return page().app->post(kind, payload) ? 1 : 0;
}

EMSCRIPTEN_KEEPALIVE int wf_tick(double now_ms) {
  return page().app->tick(wf::from_millis(static_cast<std::int64_t>(now_ms))) ? 1 : 0;
}

/// Bit 0: another frame is needed. Bit 1: the mirror changed.
EMSCRIPTEN_KEEPALIVE int wf_frame(float width, float height, float scale, float scroll_y, float secs) {
  Page& p = page();
  wf::Frame frame{.width = width, .height = height, .scale = scale, .scroll_y = scroll_y, .secs = secs};
  wf::Drawn drawn = draw(frame);
  p.scroll_by = drawn.scroll_by;
  if (p.scroll_by != 0) {
    // Nobody sees what is read at another place: the frame is drawn where the window will be.
    ImGui::EndFrame();
    frame.scroll_y += p.scroll_by;
    frame.secs = 0;
    drawn = draw(frame);
  }
  render();
  const bool mirror_changed = p.app->mirror_version() != p.drawn_mirror;
  p.drawn_mirror = p.app->mirror_version();
  return (drawn.moving ? 1 : 0) | (mirror_changed ? 2 : 0);
}

/// By how many CSS pixels the page has to scroll after the last frame, which is drawn there already.
EMSCRIPTEN_KEEPALIVE float wf_scroll_by() { return page().scroll_by; }

EMSCRIPTEN_KEEPALIVE const char* wf_mirror() { return page().app->mirror_json().c_str(); }

EMSCRIPTEN_KEEPALIVE const char* wf_take_effects() {
  page().effects = page().app->take_effects();
  return page().effects.c_str();
}

/// After the browser gave the lost context back: textures are uploaded again.
EMSCRIPTEN_KEEPALIVE void wf_restore_renderer() {
  if (!has_renderer()) return;
  ImGui_ImplOpenGL3_Shutdown();
  emscripten_webgl_make_context_current(page().context);
  ImGui_ImplOpenGL3_Init("#version 300 es");
}
}
