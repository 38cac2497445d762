#include <catch_amalgamated.hpp>

#include "shared/base/text.hpp"
#include "shared/connectors/openai/answer.hpp"
#include "shared/connectors/openai/errors.hpp"
#include "shared/sync/policy.hpp"
#include "tests/shared/connectors/columns.hpp"
#include "tests/shared/connectors/fixtures.hpp"
#include "tests/shared/connectors/openai/fixtures.hpp"

using namespace wf;
using namespace openai_fixtures;
using fixtures::json;

namespace {

Json fixture(const std::string& name) { return json(fixtures::read("../openai/" + name)); }

// A response whose text is `said`.
HttpReply reply_with(const std::string& said, Json changes = Json::object()) {
  Json body = fixture("response_json_schema.built.json");
  body["output"][0]["content"][0]["text"] = said;
  body.update(changes);
  return {200, {{"x-request-id", "req_1"}}, dump(body)};
}

HttpReply reply_of(const std::string& name) {
  return {200, {{"x-request-id", "req_1"}}, dump(fixture(name))};
}

std::string said(const std::string& body, const std::string& cited = R"("gsc.clicks")") {
  return R"({"items":[{"title":"Clicks rose","body":")" + body + R"(","facts":[)" + cited + "]}]}";
}

ActionEnd end_of(const HttpReply& reply, const ActionQuery& asked = insights()) {
  auto end = any().end(asked, reply, now);
  INFO((end ? "" : end.error().message));
  REQUIRE(end.has_value());
  return *std::move(end);
}

Problem explained(const std::string& name) {
  const Json recorded = fixture(name);
  HttpReply reply{recorded["status"].get<int>(), {}, dump(recorded["body"])};
  if (recorded.contains("headers"))
    for (const auto& [header, value] : recorded["headers"].items()) reply.headers.emplace_back(header, value);
  return classify(openai::connector, "openai insights", reply, now);
}

Problem explained(int status, const std::string& error, Headers headers = {}) {
  return classify(openai::connector, "openai insights",
                  HttpReply{status, std::move(headers), R"({"error":)" + error + "}"}, now);
}

}  // namespace

// ---- what came back ----

TEST_CASE("an answer becomes a request that succeeded and its insights", "[openai]") {
  const ActionEnd end = end_of(reply_with(said("336 clicks after 280, a rise of 20%.")));
  CHECK(end.status == 200);
  const Json request = row(end.batches, "ai_requests");
  CHECK(request["state"] == "succeeded");
  CHECK(request["response_id"] == "resp_built1");
  CHECK(request["provider_request_id"] == "req_1");
  CHECK(request["input_tokens"] == 120);
  CHECK(request["output_tokens"] == 40);
  CHECK(request["reasoning_tokens"] == 0);
  CHECK(request["cost_micros"] == 550);
  CHECK(request["cost_currency"] == "usd");
  CHECK(request["failure_code"].is_null());
  const Json insight = row(end.batches, "ai_insights");
  CHECK(insight["id"] == request_id + "-1");
  CHECK(insight["request_id"] == request_id);
  CHECK(insight["kind"] == "insight");
  CHECK(insight["numbers_hold"] == true);
  CHECK(insight["invented_numbers"] == Json::array());
  CHECK(insight["period_start"] == "2026-10-27");
  CHECK(insight["period_end"] == "2026-11-23");
  CHECK(insight["answer"]["facts"] == Json{"gsc.clicks"});
  CHECK(end.answer["items"][0]["body"] == "336 clicks after 280, a rise of 20%.");
  CHECK(end.answer["numbers_hold"] == true);
  CHECK(end.answer["cost_micros"] == 550);
}

TEST_CASE("rows carry the columns of their tables", "[openai]") {
  const ActionEnd end = end_of(reply_with(said("336")));
  const auto known = columns::of_table("0017_openai.sql", "ai_requests");
  CHECK(columns::of_row(row(end.batches, "ai_requests")) == known);
  CHECK(columns::of_row(row(end.batches, "ai_insights")) ==
        columns::of_table("0017_openai.sql", "ai_insights"));
  const auto failed = any().fail(insights(), {ErrorKind::provider, "x"}, true, now);
  for (const std::string& column : columns::of_row(row(failed, "ai_requests"))) CHECK(known.contains(column));
}

TEST_CASE("an answer that invents a number is kept and marked", "[openai]") {
  const ActionEnd end =
      end_of(reply_with(said("336 clicks, 57 of them new, since 5 May", R"("gsc.clicks","gsc.made_up")")));
  CHECK(end.status == 200);
  const Json insight = row(end.batches, "ai_insights");
  CHECK(insight["numbers_hold"] == false);
  CHECK(insight["invented_numbers"] == Json{"57", "5 May", "fact gsc.made_up"});
  CHECK(end.answer["numbers_hold"] == false);
  CHECK(end.answer["items"][0]["invented_numbers"] == insight["invented_numbers"]);
}

TEST_CASE("an insight rests on a fact; a draft need not", "[openai]") {
  CHECK(row(end_of(reply_with(said("More clicks", ""))).batches, "ai_insights")["invented_numbers"] ==
        Json{"no fact is cited"});
  ActionQuery draft =
      query({{"purpose", "content"}, {"language", "en"}, {"kind", "social_post"}, {"intent", "20% off"}});
  const Json stored = row(end_of(reply_with(said("20 % off", "")), draft).batches, "ai_insights");
  CHECK(stored["kind"] == "social_post");
  CHECK(stored["numbers_hold"] == true);
  CHECK(stored["period_start"].is_null());
}

TEST_CASE("reasoning and unknown items come before the message, which may be in parts", "[openai]") {
  Json body = fixture("response_json_schema.built.json");
  const std::string text = said("336");
  Json message = body["output"][0];
  message["content"] = Json::array({{{"type", "output_text"}, {"text", text.substr(0, 20)}},
                                    {{"type", "output_audio"}, {"text", "?"}},
                                    {{"type", "output_text"}, {"text", text.substr(20)}}});
  body["output"] = Json::array(
      {{{"type", "reasoning"}, {"summary", Json::array()}}, {{"type", "hologram_call"}}, message});
  const ActionEnd end = end_of({200, {}, dump(body)});
  CHECK(end.status == 200);
  CHECK(row(end.batches, "ai_requests")["provider_request_id"].is_null());
}

TEST_CASE("a refusal, a cut answer and an answer of another shape are told apart, and paid for", "[openai]") {
  struct Case {
    HttpReply reply;
    const char* state;
    const char* code;
    int status;
  };
  Json filtered = fixture("response_incomplete_truncated_json.built.json");
  filtered["incomplete_details"]["reason"] = "content_filter";
  Json checked = filtered;
  checked["status"] = "failed";
  checked["error"] = {{"code", "invalid_prompt"}, {"message", "flagged"}};
  const Case cases[] = {
      {{200, {}, dump(checked)}, "refused", "invalid_prompt", 422},
      {reply_of("response_refusal.built.json"), "refused", "refusal", 422},
      {reply_of("response_incomplete_truncated_json.built.json"), "incomplete", "max_output_tokens", 502},
      {{200, {}, dump(filtered)}, "incomplete", "content_filter", 502},
      {reply_of("response_json_schema.built.json"), "failed", "wrong_shape", 502},  // of another schema
      {reply_of("response_text.json"), "failed", "not_json", 502},
      {reply_of("response_reasoning.json"), "failed", "not_json", 502},
      {reply_of("response_functions.json"), "failed", "no_text", 502},
      {reply_with(R"({"items":[]})"), "failed", "wrong_shape", 502},
      {reply_with(R"({"items":[{"title":"x","body":7,"facts":[]}]})"), "failed", "wrong_shape", 502},
      {reply_with(R"({"items":[{"title":"x","body":"y","facts":[1]}]})"), "failed", "wrong_shape", 502},
      {reply_with(R"({"items":[{"title":"x","body":"y","facts":[],"more":1}]})"), "failed", "wrong_shape",
       502},
      {reply_with("[]"), "failed", "wrong_shape", 502},
      {reply_with(said("336"), {{"status", "queued"}}), "failed", "not_completed", 502}};
  for (const Case& one : cases) {
    INFO(one.state << ' ' << one.code);
    const ActionEnd end = end_of(one.reply);
    CHECK(end.status == one.status);
    const Json request = row(end.batches, "ai_requests");
    CHECK(request["state"] == one.state);
    CHECK(request["failure_code"] == one.code);
    CHECK(request["cost_micros"].get<std::int64_t>() > 0);
    CHECK(row(end.batches, "ai_insights").is_null());
    CHECK(end.answer["type"] == std::string("urn:webfluentia:ai-") + one.state);
    CHECK(end.answer["code"] == one.code);
  }
}

TEST_CASE("what strangers searched for and figures that nobody is to be told back no draft", "[openai]") {
  ActionQuery asked = query({{"purpose", "content"},
                             {"language", "de"},
                             {"kind", "social_post"},
                             {"intent", "Prophylaxe im Dezember, 20 Minuten"}});
  asked.facts["queries"] = Json::array({{{"query", "zahnreinigung 29 euro"}, {"clicks", 31}}});
  const auto invented = [&](const char* body) {
    return row(end_of(reply_with(said(body, "")), asked).batches, "ai_insights")["invented_numbers"];
  };
  CHECK(invented("20 Minuten im Dezember") == Json::array());
  CHECK(invented("Zahnreinigung f\u00FCr 29 Euro") == Json::array({"29 Euro"}));
  CHECK(invented("31 Jahre Erfahrung") == Json::array({"31"}));
}

TEST_CASE("what no database stores is not in an answer", "[openai]") {
  const ActionEnd end =
      end_of(reply_with(R"({"items":[{"title":"f\u0000fcr","body":"a\\u0000b","facts":[]}]})"));
  const Json insight = row(end.batches, "ai_insights");
  CHECK(insight["title"] == "ffcr");
  CHECK(insight["body"] == R"(a\u0000b)");
}

TEST_CASE("recorded usage is read with its reasoning", "[openai]") {
  const auto answer = openai::read_answer_of_model(reply_of("response_reasoning.json"), "openai insights");
  REQUIRE(answer.has_value());
  CHECK(answer->model == "o1-2024-12-17");
  CHECK(answer->usage->output == 1035);
  CHECK(answer->usage->reasoning == 832);
  CHECK(answer->usage->cached == 0);
}

TEST_CASE("a response without usage costs what nobody knows", "[openai]") {
  const Json request = row(end_of(reply_with(said("336"), {{"usage", nullptr}})).batches, "ai_requests");
  CHECK_FALSE(request.contains("cost_micros"));
  CHECK(request["state"] == "succeeded");
}

TEST_CASE("what is no response is an error of the data", "[openai]") {
  for (const char* body : {"", "<html>", "[]", "{}", R"({"status":7})",
                           R"({"status":"completed","output":"text"})", R"({"status":"completed"})"}) {
    INFO(body);
    const auto end = any().end(insights(), {200, {}, body}, now);
    REQUIRE_FALSE(end.has_value());
    CHECK(end.error().kind == ErrorKind::data);
  }
}

TEST_CASE("a response that failed says why", "[openai]") {
  const auto failed = [](const char* error) {
    const auto end =
        any().end(insights(), {200, {}, std::string(R"({"status":"failed","error":)") + error + "}"}, now);
    REQUIRE_FALSE(end.has_value());
    return end.error();
  };
  CHECK(failed(R"({"code":"server_error","message":"sk-secret"})").kind == ErrorKind::provider);
  CHECK(failed(R"({"code":"rate_limit_exceeded"})").kind == ErrorKind::rate_limit);
  CHECK(failed("null").kind == ErrorKind::provider);
  CHECK_FALSE(contains(failed(R"({"code":"server_error","message":"sk-secret"})").message, "secret"));
}

// ---- failures ----

TEST_CASE("an empty account is told from a rate limit", "[openai]") {
  const Problem quota = explained("error_429_insufficient_quota.built.json");
  CHECK(quota.error.kind == ErrorKind::configuration);
  CHECK(quota.remedy == Remedy::give_up);
  CHECK_FALSE(quota.error.retry_after_secs.has_value());
  CHECK(quota.error.message ==
        "openai insights: answered 429, the account has no credit left (insufficient_quota)");
  const Problem unpaid = explained(429, R"({"code":"billing_not_active","message":"x"})");
  CHECK(unpaid.error.kind == ErrorKind::configuration);
  CHECK(unpaid.remedy == Remedy::give_up);
  const Problem limited = explained("error_429_rate_limit.built.json");
  CHECK(limited.error.kind == ErrorKind::rate_limit);
  CHECK(limited.remedy == Remedy::retry);
  CHECK(limited.error.retry_after_secs == 20);
  CHECK(contains(limited.error.message, "(rate_limit_exceeded)"));
}

TEST_CASE("without retry-after the limit that is used up says how long to wait", "[openai]") {
  const std::string error = R"({"code":"rate_limit_exceeded"})";
  const auto wait = [&](Headers headers) {
    return explained(429, error, std::move(headers)).error.retry_after_secs;
  };
  CHECK(wait({{"x-ratelimit-remaining-requests", "0"},
              {"x-ratelimit-reset-requests", "120ms"},
              {"x-ratelimit-remaining-tokens", "29973"},
              {"x-ratelimit-reset-tokens", "6m0s"}}) == 1);
  CHECK(wait({{"x-ratelimit-remaining-tokens", "0"}, {"x-ratelimit-reset-tokens", "6m0s"}}) == 360);
  CHECK(wait({{"x-ratelimit-remaining-tokens", "12"}, {"x-ratelimit-reset-tokens", "8.64s"}}) == 9);
  CHECK(wait({{"retry-after-ms", "1500"}}) == 2);
  CHECK(wait({{"retry-after", "7"}, {"x-ratelimit-reset-tokens", "6m0s"}}) == 7);
  CHECK(wait({{"x-ratelimit-reset-tokens", "soon"}}) == std::nullopt);
}

TEST_CASE("durations are read as Go writes them", "[openai]") {
  const auto millis = [](std::string_view text) {
    const auto read = openai::parse_go_duration(text);
    return read ? read->count() : -1;
  };
  CHECK(millis("120ms") == 120);
  CHECK(millis("8.64s") == 8640);
  CHECK(millis("6m0s") == 360'000);
  CHECK(millis("1h2m3.5s") == 3'723'500);
  CHECK(millis("0s") == 0);
  CHECK(millis("500us") == 1);
  CHECK(millis("1.5h") == 5'400'000);
  for (const char* text : {"", "s", "5", "5x", "-5s", "5s ago", "1..5s", ".s", "99999999999999999h"}) {
    INFO(text);
    CHECK(millis(text) == -1);
  }
}

TEST_CASE("each status has its kind", "[openai]") {
  const Problem key = explained("error_401.built.json");
  CHECK(key.error.kind == ErrorKind::credentials);
  CHECK(contains(key.error.message, "(invalid_api_key)"));
  CHECK_FALSE(contains(key.error.message, "sk-"));
  CHECK(explained(403, R"({"code":"unsupported_country_region_territory"})").error.kind ==
        ErrorKind::configuration);
  const Problem retired = explained(404, R"({"code":"model_not_found"})");
  CHECK(retired.error.kind == ErrorKind::configuration);
  CHECK(retired.error.message ==
        "openai insights: answered 404, this key may not use the model of OPENAI_MODEL, or it was retired "
        "(model_not_found)");
  CHECK(explained(400, R"({"code":"unsupported_value","param":"reasoning.effort"})").error.kind ==
        ErrorKind::configuration);
  CHECK(explained(400, R"({"code":"invalid_json_schema"})").error.kind == ErrorKind::ours);
  CHECK(explained(400, R"({"code":"context_length_exceeded"})").error.kind == ErrorKind::ours);
  CHECK(explained(500, R"({"code":null,"type":"server_error"})").error.kind == ErrorKind::provider);
  CHECK(explained(503, R"({"message":"overloaded","code":null,"type":null})").error.kind ==
        ErrorKind::provider);
  CHECK(explained(429, R"({"code":"<b>odd</b>","type":"x y"})").error.kind == ErrorKind::rate_limit);
}

TEST_CASE("a failure is stored with its code, and is free only where that is certain", "[openai]") {
  const auto stored = [](Error error, bool unknown) {
    return row(any().fail(insights(), error, unknown, now), "ai_requests");
  };
  const Json quota = stored(explained("error_429_insufficient_quota.built.json").error, false);
  CHECK(quota["state"] == "failed");
  CHECK(quota["failure_code"] == "insufficient_quota");
  CHECK(quota["cost_micros"] == 0);
  CHECK(quota["finished_at"] == "2026-11-24T09:30:00Z");
  CHECK(quota["requested_at"] == "2026-11-24T09:29:59Z");
  const Json silent = stored({ErrorKind::provider, "openai insights: no answer in time"}, true);
  CHECK(silent["state"] == "unknown");
  CHECK(silent["failure_code"] == "provider");
  CHECK_FALSE(silent.contains("cost_micros"));
  CHECK_FALSE(
      stored({ErrorKind::data, "openai insights: the reply is empty"}, false).contains("cost_micros"));
}
