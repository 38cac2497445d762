#include "shared/connectors/openai/rows.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "shared/base/text.hpp"
#include "shared/connectors/openai/errors.hpp"
#include "shared/connectors/openai/numbers.hpp"
#include "shared/sync/json_object.hpp"

namespace wf::openai {
namespace {

std::string text_of(const Json& object, std::string_view key) {
  return find_string(object, key).value_or("");
}

Json text_or_null(std::string_view text) { return text.empty() ? Json() : Json(text); }

std::string purpose_of(const ActionQuery& query) { return text_of(query.input, "purpose"); }

// "email_reply", "insight", "explanation"
std::string kind_of(const ActionQuery& query) {
  std::string kind = text_of(query.input, "kind");
  if (kind.empty()) kind = purpose_of(query);
  return kind == "insights" ? "insight" : kind;
}

JsonObject request_row(const ActionQuery& query, const Json& given, std::string_view state, UnixSeconds now) {
  const auto asked = parse_time(text_of(query.facts, "asked_at"));
  JsonObject row;
  row.text("id", query.id)
      .text("purpose", purpose_of(query))
      .text("state", state)
      .time("requested_at", asked.value_or(now))
      .json("requested_by", text_or_null(query.user_id))
      .json("facts", given)
      .time("source_at", now);
  return row;
}

RowBatch batch(std::string table, std::vector<Json> rows) {
  return {.table = std::move(table), .rows = std::move(rows)};
}

// What is certain to cost nothing; of the others nobody knows.
bool is_free(ErrorKind kind) { return kind != ErrorKind::provider && kind != ErrorKind::data; }

Json finished_row(const Told& told) {
  const Answer& answer = told.answer;
  JsonObject row = request_row(told.query, told.given, answer.state, told.now);
  row.time("finished_at", told.now)
      .text("model", answer.model.empty() ? told.settings.model : answer.model)
      .json("response_id", text_or_null(answer.response_id))
      .json("provider_request_id", text_or_null(told.provider_request_id))
      .json("failure_code", text_or_null(answer.failure_code))
      .json("failure_message", text_or_null(answer.failure_message));
  if (!answer.usage) return row.take();
  return row.number("input_tokens", answer.usage->input)
      .number("cached_tokens", answer.usage->cached)
      .number("output_tokens", answer.usage->output)
      .number("reasoning_tokens", answer.usage->reasoning)
      .number("cost_micros", cost_micros(*answer.usage, told.settings.prices))
      .text("cost_currency", "usd")
      .take();
}

// Ids of facts, queries and pages.
std::vector<std::string> known_ids(const Json& given) {
  std::vector<std::string> ids;
  for (const auto& [name, list] : given.items()) {
    if (!list.is_array()) continue;
    for (const Json& item : list) ids.push_back(text_of(item, "id"));
  }
  return ids;
}

// First and last day of the facts.
struct Period {
  std::string first;
  std::string last;
};
Period period_of(const Json& given) {
  Period period;
  const Json* facts = find_array(given, "facts");
  if (!facts) return period;
  for (const Json& fact : *facts) {
    const std::string day = text_of(fact, "day");
    const std::string from = day.empty() ? text_of(fact, "from") : day;
    const std::string to = day.empty() ? text_of(fact, "to") : day;
    if (period.first.empty() || from < period.first) period.first = from;
    period.last = std::max(period.last, to);
  }
  return period;
}

// What an item says that it cannot know: numbers and dates that were not given, ids that do not exist, and
// that it rests on nothing at all where it must rest on something.
Json invented_in(const Json& item, const GivenNumbers& numbers, const std::vector<std::string>& ids,
                 bool must_cite) {
  Json invented = Json::array();
  for (const std::string_view part : {"title", "body"})
    for (std::string& number : numbers.invented_in(text_of(item, part)))
      if (std::find(invented.begin(), invented.end(), Json(number)) == invented.end())
        invented.push_back(Json(std::move(number)));
  const Json* cited = find_array(item, "facts");
  for (const Json& id : *cited)
    if (std::find(ids.begin(), ids.end(), as_string(id).value_or("")) == ids.end())
      invented.push_back(Json("fact " + as_string(id).value_or("")));
  if (must_cite && cited->empty()) invented.push_back(Json("no fact is cited"));
  return invented;
}

std::vector<Json> insight_rows(const Told& told) {
  GivenNumbers numbers;
  numbers.add(told.given);
  const auto ids = known_ids(told.given);
  const Period period = period_of(told.given);
  const bool must_cite = purpose_of(told.query) != "content";
  std::vector<Json> rows;
  for (const Json& item : told.answer.items) {
    const Json invented = invented_in(item, numbers, ids, must_cite);
    rows.push_back(JsonObject()
                       .text("id", told.query.id + "-" + decimal(static_cast<std::int64_t>(rows.size()) + 1))
                       .text("request_id", told.query.id)
                       .text("kind", kind_of(told.query))
                       .text("title", text_of(item, "title"))
                       .text("body", text_of(item, "body"))
                       .json("answer", item)
                       .json("period_start", text_or_null(period.first))
                       .json("period_end", text_or_null(period.last))
                       .text("model", told.answer.model.empty() ? told.settings.model : told.answer.model)
                       .flag("numbers_hold", invented.empty())
                       .json("invented_numbers", invented)
                       .time("created", told.now)
                       .time("source_at", told.now)
                       .take());
  }
  return rows;
}

// What a caller sees of a row.
Json shown(const Json& row) {
  JsonObject item;
  for (const std::string_view column : {"id", "kind", "title", "body", "numbers_hold", "invented_numbers"})
    item.json(column, row[std::string(column)]);
  return item.json("facts", row["answer"]["facts"]).take();
}

JsonObject response_of(const Told& told, const Json& request) {
  JsonObject response;
  response.text("request_id", told.query.id).json("facts", told.given);
  for (const std::string_view column : {"model", "input_tokens", "cached_tokens", "output_tokens",
                                        "reasoning_tokens", "cost_micros", "cost_currency"}) {
    const Json* value = find(request, column);
    response.json(column, value ? *value : Json());
  }
  return response;
}

}  // namespace

Day today_of(const ActionQuery& query, UnixSeconds now) {
  const Json* workspace = find_object(query.facts, "workspace");
  const auto today = workspace ? parse_day(text_of(*workspace, "today")) : std::nullopt;
  return today.value_or(day_of(now));
}

RowBatch running_row(const ActionQuery& query, const Settings& settings, const Json& given, UnixSeconds now) {
  return batch("ai_requests",
               {request_row(query, given, "running", now).text("model", settings.model).take()});
}

RowBatch failed_row(const ActionQuery& query, const Json& given, const Error& error, bool unknown,
                    UnixSeconds now) {
  JsonObject row = request_row(query, given, unknown ? "unknown" : "failed", now);
  const std::string code = code_in(error.message);
  row.time("finished_at", now)
      .json("model", text_or_null(text_of(query.ids, "openai.model")))
      .text("failure_code", code.empty() ? name(error.kind) : std::string_view(code))
      .text("failure_message", error.message);
  if (!unknown && is_free(error.kind)) row.number("cost_micros", 0).text("cost_currency", "usd");
  return batch("ai_requests", {row.take()});
}

ActionEnd answered(const Told& told) {
  Json request = finished_row(told);
  auto rows = insight_rows(told);
  Json items = Json::array();
  bool hold = true;
  for (const Json& row : rows) {
    items.push_back(shown(row));
    hold = hold && find_bool(row, "numbers_hold").value_or(false);
  }
  ActionEnd end;
  end.answer = response_of(told, request).flag("numbers_hold", hold).json("items", std::move(items)).take();
  end.batches.push_back(batch("ai_requests", {std::move(request)}));
  end.batches.push_back(batch("ai_insights", std::move(rows)));
  return end;
}

ActionEnd not_answered(const Told& told) {
  Json request = finished_row(told);
  ActionEnd end;
  end.status = told.answer.state == "refused" ? 422 : 502;
  end.answer = response_of(told, request)
                   .text("type", "urn:webfluentia:ai-" + told.answer.state)
                   .text("title", "The model gave no usable answer")
                   .number("status", end.status)
                   .text("detail", told.answer.failure_message)
                   .text("code", told.answer.failure_code)
                   .take();
  end.batches.push_back(batch("ai_requests", {std::move(request)}));
  return end;
}

}  // namespace wf::openai
