#include "tests/scenarios/expectation.hpp"

#include <algorithm>

#include "shared/base/text.hpp"

namespace wf::scenarios {

namespace {

using Lines = std::vector<std::string>;

void compare(const Json& got, const Json& expected, const std::string& path, Lines& lines);

bool matches(const Json& got, const Json& expected) {
  Lines lines;
  compare(got, expected, "", lines);
  return lines.empty();
}

bool holds(const Json& list, const Json& wanted) {
  return std::any_of(list.begin(), list.end(), [&](const Json& item) { return matches(item, wanted); });
}

void apply_operator(const Json& got, const std::string& name, const Json& value, const std::string& path,
                    Lines& lines) {
  const auto note = [&](const std::string& what) {
    lines.push_back(path + ": " + what + " " + dump(value) + ", got " + shorten(dump(got), 800));
  };
  if (name == "$size") {
    if (!got.is_structured() || static_cast<std::int64_t>(got.size()) != as_int64(value))
      note("expected size");
  } else if (name == "$has") {
    for (const Json& wanted : value) {
      if (!holds(got, wanted))
        lines.push_back(path + ": lacks " + dump(wanted) + " in " + shorten(dump(got), 1500));
    }
  } else if (name == "$lacks") {
    for (const Json& unwanted : value) {
      if (holds(got, unwanted)) note("must not hold");
    }
  } else if (name == "$count") {
    // {"$count": [what, how often]}
    const auto count =
        std::count_if(got.begin(), got.end(), [&](const Json& item) { return matches(item, value[0]); });
    if (count != as_int64(value[1])) note("found " + std::to_string(count) + ", expected");
  } else if (name == "$contains") {
    const auto text = as_string(got);
    if (!text || !contains(*text, as_string(value).value_or(""))) note("expected a text with");
  } else {
    lines.push_back(path + ": unknown operator " + name);
  }
}

void compare_objects(const Json& got, const Json& expected, const std::string& path, Lines& lines) {
  for (const auto& [key, value] : expected.items()) {
    if (starts_with(key, "$")) {
      apply_operator(got, key, value, path, lines);
      continue;
    }
    const auto found = got.is_object() ? got.find(key) : got.end();
    const Json none;
    const bool present = got.is_object() && found != got.end();
    compare(present ? *found : none, value, path + "/" + key, lines);
  }
}

void compare(const Json& got, const Json& expected, const std::string& path, Lines& lines) {
  if (expected.is_object()) return compare_objects(got, expected, path, lines);
  if (expected.is_array() && got.is_array() && got.size() == expected.size()) {
    for (std::size_t i = 0; i < got.size(); ++i) {
      compare(got[i], expected[i], path + "/" + std::to_string(i), lines);
    }
    return;
  }
  if (got != expected) {
    lines.push_back(path + ": expected " + dump(expected) + ", got " + shorten(dump(got), 800));
  }
}

}  // namespace

std::vector<std::string> differences(const Json& got, const Json& expected) {
  Lines lines;
  compare(got, expected, "", lines);
  return lines;
}

}  // namespace wf::scenarios
