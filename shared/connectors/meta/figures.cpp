#include "shared/connectors/meta/figures.hpp"

#include <utility>

namespace wf::meta {
namespace {

tl::unexpected<Error> refused(std::string_view who, std::string_view what) {
  return fail(ErrorKind::data, std::string(who) + ": " + std::string(what));
}

// False when the value is of no type that a figure has.
bool take_value(Figure& figure, const Json& value) {
  if (value.is_object()) figure.parts = value;
  if (const auto whole = value.is_number_integer() ? as_int64(value) : std::nullopt)
    figure.value = exact_integer(*whole);
  else if (value.is_number_float())
    figure.value = value;
  return value.is_object() || !figure.value.is_null();
}

std::string joined(const Json& names) {
  std::string text;
  for (const Json& name : names) {
    if (!text.empty()) text += '/';
    text += as_string(name).value_or("?");
  }
  return text;
}

// [{"dimension_keys":["follow_type"],"results":[{"dimension_values":["FOLLOWER"],"value":60}]}] as
// {"follow_type":{"FOLLOWER":60}}
Json parts_of(const Json& breakdowns) {
  Json parts;
  for (const Json& breakdown : breakdowns) {
    const Json* keys = find_array(breakdown, "dimension_keys");
    const Json* results = find_array(breakdown, "results");
    if (!keys || !results) continue;
    Json& part = parts[joined(*keys)];
    for (const Json& result : *results) {
      const Json* names = find_array(result, "dimension_values");
      const Json* value = find(result, "value");
      if (names && value && value->is_number()) part[joined(*names)] = *value;
    }
  }
  return parts;
}

Result<std::vector<Figure>> read_total(const Json& total, std::string_view who) {
  Figure figure;
  const Json* value = find(total, "value");
  if (value && !take_value(figure, *value)) return refused(who, "a total is no number");
  if (const Json* breakdowns = find_array(total, "breakdowns")) figure.parts = parts_of(*breakdowns);
  if (figure.value.is_null() && figure.parts.is_null()) return std::vector<Figure>{};
  return std::vector<Figure>{std::move(figure)};
}

}  // namespace

Result<std::vector<Figure>> read_figures(const Json& item, std::string_view who) {
  if (const Json* total = find_object(item, "total_value")) return read_total(*total, who);
  const Json* values = find_array(item, "values");
  if (!values) return refused(who, "neither values nor total_value");
  std::vector<Figure> figures;
  for (const Json& one : *values) {
    const Json* value = find(one, "value");
    if (!value) continue;
    Figure figure;
    if (!take_value(figure, *value)) return refused(who, "a value is no number");
    if (const auto end = find_string(one, "end_time")) {
      figure.end_time = parse_time(*end);
      if (!figure.end_time) return refused(who, "end_time is not a time");
    }
    figures.push_back(std::move(figure));
  }
  return figures;
}

Result<Json> read_lifetime(const Json& post, std::string_view who) {
  const Json* insights = find_object(post, "insights");
  const Json* data = insights ? find_array(*insights, "data") : nullptr;
  Json metrics;
  if (!data) return metrics;
  for (const Json& item : *data) {
    const auto name = require_string(item, "name", who);
    if (!name) return tl::unexpected<Error>(name.error());
    auto figures = read_figures(item, who);
    if (!figures) return tl::unexpected<Error>(figures.error());
    if (figures->empty()) continue;
    Figure& newest = figures->back();
    metrics[*name] = newest.value.is_null() ? std::move(newest.parts) : std::move(newest.value);
  }
  return metrics;
}

}  // namespace wf::meta
