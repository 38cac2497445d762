#pragma once
#include <catch_amalgamated.hpp>
#include <fstream>
#include <iterator>
#include <string>

#include "shared/base/json.hpp"

namespace fixtures {

inline std::string read(const std::string& name) {
  std::ifstream in(WF_PROJECT_DIR "/tests/fixtures/stripe/" + name, std::ios::binary);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline wf::Json json(const std::string& text) {
  auto parsed = wf::parse_json(text, "fixture");
  REQUIRE(parsed.has_value());
  return *parsed;
}

inline std::string text_of(const wf::Json& object, const char* key) {
  return wf::find_string(object, key).value_or("");
}

}  // namespace fixtures
