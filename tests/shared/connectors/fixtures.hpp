#pragma once
#include <catch_amalgamated.hpp>
#include <string>

#include "shared/base/json.hpp"
#include "tests/project_files.hpp"

namespace fixtures {

inline std::string read(const std::string& name) {
  return project_files::read("tests/fixtures/stripe/" + name);
}

inline wf::Json json(const std::string& text) {
  auto parsed = wf::parse_json(text, "fixture");
  REQUIRE(parsed.has_value());
  return *parsed;
}

}  // namespace fixtures
