#include "shared/connectors/meta/figures.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/connectors/pacific_day.hpp"

namespace wf::meta {
namespace {

// A number, or null when it is none.
Json number_of(const Json& value) {
  if (value.is_number_float()) return value;
  const auto whole = value.is_number_integer() ? as_int64(value) : std::nullopt;
  return whole ? exact_integer(*whole) : Json();
}

// None where it is no list of texts.
std::optional<std::string> joined(const Json& object, std::string_view list) {
  if (list_in(object, list).empty()) return std::nullopt;
  std::string text;
  for (const Json& name : list_in(object, list)) {
    if (!name.is_string()) return std::nullopt;
    if (!text.empty()) text += '/';
    text += text_of(name);
  }
  return text;
}

Json null_if_empty(Json object) {
  if (object.empty()) object = nullptr;
  return object;
}

// [{"dimension_keys":["follow_type"],"results":[{"dimension_values":["FOLLOWER"],"value":60}]}] as
// {"follow_type":{"FOLLOWER":60}}. One without results has none. False: it cannot be read.
bool add_parts(JsonObject& parts, const Json& breakdown) {
  const auto keys = joined(breakdown, "dimension_keys");
  if (!keys) return false;
  const Json* results = find(breakdown, "results");
  if (!results) return true;
  if (!results->is_array()) return false;
  JsonObject part;
  for (const Json& result : elements(*results)) {
    const Json* value = find(result, "value");
    const auto values = joined(result, "dimension_values");
    if (!value || !value->is_number() || !values) return false;
    part.json(*values, *value);
  }
  parts.json(*keys, part.take());
  return true;
}

// Adds what `one` holds: {"value":7,"end_time":"2026-11-20T08:00:00+0000"}.
Result<void> add_figure(Json& figures, const Json& one, std::string_view who) {
  if (!one.is_object())
    return fail(ErrorKind::data, {who, ": a value is ", type_name(one), ", not an object"});
  Json number;
  Json parts;
  if (const Json* value = find(one, "value")) {
    number = number_of(*value);
    if (value->is_object()) parts = *value;
    if (number.is_null() && parts.is_null()) return fail(ErrorKind::data, {who, ": a value is no number"});
  }
  if (const Json* breakdowns = find(one, "breakdowns"); breakdowns && !breakdowns->empty()) {
    JsonObject all;
    const auto list = elements(*breakdowns);
    if (list.empty() ||
        !std::all_of(list.begin(), list.end(), [&](const Json& b) { return add_parts(all, b); }))
      return fail(ErrorKind::data, {who, ": a breakdown cannot be read"});
    parts = null_if_empty(all.take());
  }
  if (number.is_null() && parts.is_null()) return {};
  JsonObject figure;
  figure.json("value", std::move(number)).json("parts", std::move(parts));
  if (find(one, "end_time")) {
    const auto end = parse_time(find_text(one, "end_time"));
    if (!end) return fail(ErrorKind::data, {who, ": end_time is not a time"});
    figure.text("day", format_day(measured_day(*end)));
  }
  figures.push_back(figure.take());
  return {};
}

}  // namespace

Day measured_day(UnixSeconds end_time) { return pacific_day(end_time - std::chrono::seconds{1}); }

Result<Json> read_figures(const Json& item, std::string_view who) {
  const Json* total = find_object(item, "total_value");
  if (!total && !find_array(item, "values"))
    return fail(ErrorKind::data, {who, ": neither values nor total_value"});
  const std::span<const Json> all = total ? std::span(total, 1) : list_in(item, "values");
  Json figures = empty_list();
  for (const Json& one : all)
    if (const auto added = add_figure(figures, one, who); !added) return tl::unexpected<Error>(added.error());
  return figures;
}

Result<Json> read_lifetime(const Json& post, std::string_view who) {
  const Json* insights = find(post, "insights");
  if (!insights) return Json();
  if (!find_array(*insights, "data")) return fail(ErrorKind::data, {who, ": insights are no list"});
  JsonObject metrics;
  for (const Json& item : list_in(*insights, "data")) {
    const std::string_view name = find_text(item, "name");
    if (name.empty()) return fail(ErrorKind::data, {who, ": missing name"});
    auto figures = read_figures(item, who);
    if (!figures) return figures;
    if (figures->empty()) continue;
    const Json& newest = figures->back();
    const Json* value = find(newest, "value");
    metrics.json(name, value ? *value : *find(newest, "parts"));
  }
  return null_if_empty(metrics.take());
}

}  // namespace wf::meta
