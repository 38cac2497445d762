#include "shared/connectors/openai/rows.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/openai/errors.hpp"
#include "shared/connectors/openai/numbers.hpp"

namespace wf::openai {
namespace {

std::string_view purpose_of(const ActionQuery& query) { return find_text(query.input, "purpose"); }

// "email_reply", "insight", "explanation"
std::string_view kind_of(const ActionQuery& query) {
  std::string_view kind = find_text(query.input, "kind");
  if (kind.empty()) kind = purpose_of(query);
  return kind == "insights" ? "insight" : kind;
}

JsonObject request_row(const ActionQuery& query, const Json& given, std::string_view state, UnixSeconds now) {
  const auto asked = find_time(query.facts, "asked_at");
  JsonObject row;
  row.text("id", query.id)
      .text("purpose", purpose_of(query))
      .text("state", state)
      .time("requested_at", asked.value_or(now))
      .text_or_null("requested_by", query.user_id)
      .json("facts", given)
      .time("source_at", now);
  return row;
}

std::vector<RowBatch> only(Json request) {
  std::vector<RowBatch> batches;
  add_row(batches, "ai_requests", std::move(request));
  return batches;
}

const std::string& model_of(const Told& told) {
  return told.answer.model.empty() ? told.settings.model : told.answer.model;
}

// What is certain to cost nothing; of the others nobody knows.
bool is_free(ErrorKind kind) { return kind != ErrorKind::provider && kind != ErrorKind::data; }

Json finished_row(const Told& told) {
  const Answer& answer = told.answer;
  JsonObject row = request_row(told.query, told.given, answer.state, told.now);
  row.time("finished_at", told.now)
      .text("model", model_of(told))
      .text_or_null("response_id", answer.response_id)
      .text_or_null("provider_request_id", told.provider_request_id)
      .text_or_null("failure_code", answer.failure_code)
      .text_or_null("failure_message", answer.failure_message);
  if (!answer.usage) return row.take();
  return row.number("input_tokens", answer.usage->input)
      .number("cached_tokens", answer.usage->cached)
      .number("output_tokens", answer.usage->output)
      .number("reasoning_tokens", answer.usage->reasoning)
      .number("cost_micros", cost_micros(*answer.usage, told.settings.prices))
      .text("cost_currency", "usd")
      .take();
}

// Of a fact, a query or a page.
bool is_known(std::string_view id, const Json& given) {
  for (const auto& member : members(given))
    for (const Json& item : list_in(given, member.first))
      if (find_text(item, "id") == id) return true;
  return false;
}

// First and last day of the facts.
struct Period {
  std::string_view first;
  std::string_view last;
};
Period period_of(const Json& given) {
  Period period;
  for (const Json& fact : list_in(given, "facts")) {
    const std::string_view day = find_text(fact, "day");
    const std::string_view from = day.empty() ? find_text(fact, "from") : day;
    const std::string_view to = day.empty() ? find_text(fact, "to") : day;
    if (period.first.empty() || from < period.first) period.first = from;
    period.last = std::max(period.last, to);
  }
  return period;
}

// What an item says that it cannot know: numbers and dates that were not given, ids that do not exist, and
// that it rests on nothing at all where it must rest on something.
Json invented_in(const Json& item, const Json& given, const GivenNumbers& numbers, bool must_cite) {
  Json invented = empty_list();
  for (std::string& number :
       numbers.invented_in(concat({find_text(item, "title"), "\n", find_text(item, "body")})))
    invented.push_back(std::move(number));
  const auto cited = list_in(item, "facts");
  for (const Json& fact : cited)
    if (const std::string_view id = text_of(fact); !is_known(id, given))
      invented.push_back(concat({"fact ", id}));
  if (must_cite && cited.empty()) invented.push_back("no fact is cited");
  return invented;
}

std::vector<Json> insight_rows(const Told& told) {
  const bool must_cite = purpose_of(told.query) != "content";
  GivenNumbers numbers;
  if (must_cite) numbers.add(told.given);
  // What a draft promises is the workspace's: of strangers' queries, and of figures that nobody is to be
  // told, it is not.
  for (const std::string_view own : {"intent", "page"}) numbers.add_text(find_text(told.given, own));
  const Period period = period_of(told.given);
  std::vector<Json> rows;
  for (const Json& item : told.answer.items) {
    Json invented = invented_in(item, told.given, numbers, must_cite);
    const bool numbers_hold = invented.empty();
    const std::string number = decimal(static_cast<std::int64_t>(rows.size()) + 1);
    rows.push_back(JsonObject()
                       .text("id", concat({told.query.id, "-", number}))
                       .text("request_id", told.query.id)
                       .text("kind", kind_of(told.query))
                       .text("title", find_text(item, "title"))
                       .text("body", find_text(item, "body"))
                       .json("answer", item)
                       .text_or_null("period_start", period.first)
                       .text_or_null("period_end", period.last)
                       .text("model", model_of(told))
                       .flag("numbers_hold", numbers_hold)
                       .json("invented_numbers", std::move(invented))
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
    item.json(column, copy_of(row, column));
  return item.json("facts", copy_of(*find(row, "answer"), "facts")).take();
}

JsonObject response_of(const Told& told, const Json& request) {
  JsonObject response;
  response.text("request_id", told.query.id).json("facts", told.given);
  for (const std::string_view column : {"model", "input_tokens", "cached_tokens", "output_tokens",
                                        "reasoning_tokens", "cost_micros", "cost_currency"})
    response.json(column, copy_of(request, column));
  return response;
}

}  // namespace

Day today_of(const ActionQuery& query, UnixSeconds now) {
  const Json* workspace = find_object(query.facts, "workspace");
  const auto today = workspace ? parse_day(find_text(*workspace, "today")) : std::nullopt;
  return today.value_or(day_of(now));
}

std::vector<RowBatch> running_row(const ActionQuery& query, const Settings& settings, const Json& given,
                                  std::int64_t most_micros, UnixSeconds now) {
  return only(request_row(query, given, "running", now)
                  .text("model", settings.model)
                  .number("most_micros", most_micros)
                  .take());
}

std::vector<RowBatch> failed_row(const ActionQuery& query, const Json& given, const Error& error,
                                 bool unknown, UnixSeconds now) {
  JsonObject row = request_row(query, given, unknown ? "unknown" : "failed", now);
  const std::string code = code_in(error.message);
  row.time("finished_at", now)
      .text_or_null("model", find_text(query.ids, "openai.model"))
      .text("failure_code", code.empty() ? name(error.kind) : std::string_view(code))
      .text("failure_message", error.message);
  if (!unknown && is_free(error.kind)) row.number("cost_micros", 0).text("cost_currency", "usd");
  return only(row.take());
}

ActionEnd answered(const Told& told) {
  Json request = finished_row(told);
  JsonObject response = response_of(told, request);
  ActionEnd end;
  end.batches = only(std::move(request));
  Json items = empty_list();
  bool hold = true;
  for (Json& row : insight_rows(told)) {
    items.push_back(shown(row));
    hold = hold && is_true(row, "numbers_hold");
    add_row(end.batches, "ai_insights", std::move(row));
  }
  end.answer = response.flag("numbers_hold", hold).json("items", std::move(items)).take();
  return end;
}

ActionEnd not_answered(const Told& told) {
  Json request = finished_row(told);
  ActionEnd end;
  end.status = told.answer.state == "refused" ? 422 : 502;
  end.answer = response_of(told, request)
                   .text("type", concat({"urn:webfluentia:ai-", told.answer.state}))
                   .text("title", "The model gave no usable answer")
                   .number("status", end.status)
                   .text("detail", told.answer.failure_message)
                   .text("code", told.answer.failure_code)
                   .take();
  end.batches = only(std::move(request));
  return end;
}

}  // namespace wf::openai
