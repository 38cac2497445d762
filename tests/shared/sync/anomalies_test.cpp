#include "shared/sync/anomalies.hpp"

#include <catch_amalgamated.hpp>

namespace {

using wf::Json;

constexpr int days = 90;

Json series(std::string id, std::string unit, double usual, std::string of = {}) {
  Json values = Json::array();
  for (int i = 0; i < days; ++i) values.push_back(usual);
  Json one{{"id", std::move(id)}, {"service", "search_console"}, {"label", "Search clicks"}, {"kind", "sum"}};
  one["unit"] = std::move(unit);
  one["first_day"] = "2026-08-27";
  one["values"] = std::move(values);
  one["of"] = of.empty() ? Json() : Json(of);
  return one;
}

Json answer_with(std::vector<Json> all) { return Json{{"series", std::move(all)}}; }

// 62 % fewer on 21 Nov; what is not final is not known.
Json dropped(std::string id = "search_console.clicks", std::string unit = "count", double usual = 1000) {
  Json one = series(std::move(id), std::move(unit), usual, "sc-domain:secret.example");
  one["values"][86] = usual * 0.38;
  one["values"][88] = one["values"][89] = nullptr;
  return one;
}

}  // namespace

TEST_CASE("the API tells each series, what was found and up to when") {
  const auto body = wf::anomalies_answer(answer_with({dropped(), series("x", "ms", 5)}));
  REQUIRE(body.has_value());
  CHECK((*body)["found"] == 1);
  CHECK((*body)["as_of"] == "2026-11-24");
  const Json& one = (*body)["series"][0];
  CHECK(one["id"] == "search_console.clicks");
  CHECK(one["of"] == "sc-domain:secret.example");
  CHECK(one["unit"] == "count");
  CHECK(one["last_28"] == 27 * 1000 + 380);
  CHECK(one["previous_28"] == 28'000);
  const Json& anomaly = one["anomalies"][0];
  CHECK(anomaly["day"] == "2026-11-21");
  CHECK(anomaly["kind"] == "drop");
  CHECK(anomaly["value"] == 380);
  CHECK(anomaly["expected"].get<double>() == Catch::Approx(1000));
  CHECK(anomaly["words"] == "62 % below usual on 21 Nov");
  CHECK((*body)["series"][1]["anomalies"].empty());
  CHECK_FALSE((*body)["series"][1].contains("of"));
}

TEST_CASE("of what is over the API tells the last day") {
  Json closed = series("x", "count", 1000);
  for (std::size_t i = 70; i < 77; ++i) closed["values"][i] = 0;
  const auto body = wf::anomalies_answer(answer_with({closed, dropped()}));
  REQUIRE(body.has_value());
  const Json& anomaly = (*body)["series"][0]["anomalies"][0];
  CHECK(anomaly["day"] == "2026-11-05");
  CHECK(anomaly["until"] == "2026-11-11");
  CHECK(anomaly["words"] == "100 % below usual from 5 Nov to 11 Nov");
  CHECK_FALSE((*body)["series"][1]["anomalies"][0].contains("until"));
}

TEST_CASE("nothing known is an answer, no list is not") {
  const auto nothing = wf::anomalies_answer(answer_with({}));
  REQUIRE(nothing.has_value());
  CHECK((*nothing)["found"] == 0);
  CHECK((*nothing)["as_of"].is_null());
  for (const auto& broken : {Json(), Json::object(), Json{{"series", {{{"id", 5}}}}}}) {
    CHECK(wf::anomalies_answer(broken).error().kind == wf::ErrorKind::data);
  }
}
