#include "shared/connectors/openai/facts.hpp"

#include <catch_amalgamated.hpp>

#include "tests/shared/connectors/fixtures.hpp"
#include "tests/shared/connectors/openai/fixtures.hpp"

using namespace wf;
using namespace openai_fixtures;
using fixtures::json;

TEST_CASE("an answer is written about 28 days against the 28 before", "[openai]") {
  const Json facts = given_to(insights())["facts"];
  REQUIRE(facts.size() == 1);
  CHECK(facts[0] ==
        json(R"({"id":"gsc.clicks","label":"Label of gsc.clicks","what":"total of the days","unit":"count",
    "value":336,"before":280,"change_percent":20,"days":28,"from":"2026-10-27","to":"2026-11-23"})"));
}

TEST_CASE("values are told as people read them", "[openai]") {
  const auto fact = [](const char* unit, const char* kind, const Json& before, const Json& after) {
    const Json daily = {{"series", Json::array({series("s", unit, kind, steps(before, after))})}};
    return openai::period_facts(daily, *parse_day("2026-11-24"))[0];
  };
  CHECK(fact("money:eur", "sum", 1050, 2101)["value"] == 588.28);
  CHECK(fact("money:eur", "sum", 1050, 2101)["unit"] == "EUR");
  CHECK(fact("money:jpy", "sum", 100, 200)["value"] == 5600);
  CHECK(fact("micros:usd", "sum", 0, 1'500'000)["value"] == 42);
  CHECK_FALSE(fact("micros:usd", "sum", 0, 1'500'000).contains("change_percent"));
  CHECK(fact("ms", "level", 250, 200)["change_percent"] == -20);
  CHECK(fact("bytes", "level", 1'000'000, 2'345'000)["value"] == 2.35);
  CHECK(fact("score", "level", 0.9, 0.87)["value"] == 87);
  CHECK(fact("score", "level", 0.9, 0.87)["unit"] == "of 100");
  CHECK(fact("ms", "level", 120, 100.5)["what"] == "average of the days");
  CHECK(fact("ms", "level", 120, 100.5)["value"] == 100.5);
  CHECK(fact("position", "level", 9, 5)["better"] == "lower");
  CHECK_FALSE(fact("count", "sum", 9, 5).contains("better"));
}

TEST_CASE("of two properties the labels tell no address", "[openai]") {
  Json first = series("search_console.clicks", "count", "sum", steps(10, 12));
  Json second = series("search_console.clicks.1a2b3c4d", "count", "sum", steps(1, 2));
  first["label"] = second["label"] = "Search clicks";
  first["of"] = "sc-domain:dr-meier.example";
  second["of"] = "https://dr-meier.example/blog/";
  const Json facts = given_to(query({{"purpose", "insights"}}, Json::array({first, second})))["facts"];
  REQUIRE(facts.size() == 2);
  for (const Json& fact : facts) CHECK(fact["label"] == "Search clicks");
  CHECK(dump(facts).find("meier") == std::string::npos);
}

TEST_CASE("what still grows is not compared with what has grown", "[openai]") {
  Json conversions = series("c", "count", "sum", steps(10, 8));
  conversions["maturing"] = true;
  const Json fact =
      openai::period_facts({{"series", Json::array({conversions})}}, *parse_day("2026-11-24"))[0];
  CHECK(fact["value"] == 224);
  CHECK(fact["what"] == "total of the days, the newest of which still grow");
  CHECK_FALSE(fact.contains("before"));
  CHECK_FALSE(fact.contains("change_percent"));
  // Beside a day in question, which another series has.
  Json odd = series("o", "count", "sum", steps(10, 10));
  odd["values"][50] = 90;
  const Json day = openai::day_facts({{"series", Json::array({odd, conversions})}}, "o",
                                     *parse_day(odd["first_day"].get<std::string>()) + std::chrono::days(50));
  REQUIRE(day.size() == 2);
  CHECK(day[1]["value"] == 8);
  CHECK_FALSE(day[1].contains("usual"));
}

TEST_CASE("days that were not recorded are not zero, and today is not over", "[openai]") {
  auto values = steps(nullptr, 12);
  values.push_back(5);  // today
  const Json daily = {
      {"series", Json::array({series("short", "count", "sum", values),
                              series("none", "count", "sum", std::vector<Json>(40, nullptr))})}};
  const Json facts = openai::period_facts(daily, *parse_day("2026-11-24"));
  REQUIRE(facts.size() == 1);
  CHECK(facts[0]["value"] == 336);
  CHECK(facts[0]["to"] == "2026-11-23");
  CHECK_FALSE(facts[0].contains("before"));
  values[30] = nullptr;
  values.back() = nullptr;
  values[55] = nullptr;  // not reported yet
  const Json gaps = {{"series", Json::array({series("gaps", "count", "sum", values)})}};
  const Json fact = openai::period_facts(gaps, *parse_day("2026-11-24"))[0];
  CHECK(fact["to"] == "2026-11-22");
  CHECK(fact["from"] == "2026-10-27");
  CHECK(fact["days"] == 26);  // that are known
  CHECK(fact["value"] == 312);
}

TEST_CASE("a period of which half is not known is compared with none", "[openai]") {
  auto values = steps(10, 10);
  const auto fact_of = [&] {
    return openai::period_facts({{"series", Json::array({series("s", "count", "sum", values)})}},
                                *parse_day("2026-11-24"))[0];
  };
  for (std::size_t i = 30; i < 33; ++i) values[i] = nullptr;
  for (std::size_t i = 2; i < 5; ++i) values[i] = nullptr;
  CHECK(fact_of()["before"] == 250);  // as many days of both
  values[6] = nullptr;
  CHECK_FALSE(fact_of().contains("before"));
  for (std::size_t i = 33; i < 44; ++i) values[i] = nullptr;
  CHECK_FALSE(fact_of().contains("change_percent"));
  CHECK(fact_of()["value"] == 140);
  CHECK(fact_of()["days"] == 14);
}

TEST_CASE("the unusual days of the period are facts of their own", "[openai]") {
  auto values = steps(12'847'611, 12'847'611);
  values[5] = 1;  // long ago
  values[50] = 4'882'092;
  values.push_back(1);  // today
  const Json daily = {{"series", Json::array({series("ads.cost", "micros:eur", "sum", values)})}};
  const Json facts = openai::period_facts(daily, *parse_day("2026-11-24"));
  REQUIRE(facts.size() == 2);
  CHECK(facts[1] == json(R"({"id":"ads.cost@2026-11-18","label":"Label of ads.cost",
    "what":"unusual value of the day","unit":"EUR","value":4.88,"usual":12.85,"change_percent":-62,
    "day":"2026-11-18"})"));
  for (std::size_t i = 29; i < 56; i += 3) values[i] = i % 2 == 0 ? 1 : 90'000'000;
  const Json restless = {{"series", Json::array({series("ads.cost", "micros:eur", "sum", values)})}};
  CHECK(openai::period_facts(restless, *parse_day("2026-11-24")).size() == 6);
}

TEST_CASE("what lasted and is over is a fact of its days, not of the one on which it began", "[openai]") {
  auto values = steps(100, 100);
  for (std::size_t i = 40; i < 45; ++i) values[i] = i == 40 ? 300 : 900;
  const auto last_fact = [&] {
    const Json daily = {{"series", Json::array({series("ads", "count", "sum", values)})}};
    const Json facts = openai::period_facts(daily, *parse_day("2026-11-24"));
    REQUIRE(facts.size() == 2);
    return facts[1];
  };
  CHECK(last_fact() == json(R"({"id":"ads@2026-11-08","label":"Label of ads",
    "what":"median of the days from `day` to `until`","unit":"count","value":900,"usual":100,
    "change_percent":800,"day":"2026-11-08","until":"2026-11-12"})"));
  for (std::size_t i = 40; i < values.size(); ++i) values[i] = 0;
  CHECK(last_fact()["what"] == "usual value since the day");
  CHECK_FALSE(last_fact().contains("until"));
}

TEST_CASE("a day is explained by what else happened on it", "[openai]") {
  auto dropped = steps(100, 100);
  dropped[52] = 20;
  std::vector<Json> weekly;  // quiet on Fridays, of which this is one
  for (int day = 0; day < 56; ++day) weekly.push_back(day % 7 == 3 ? 8 : 60);
  const ActionQuery asked = query(
      {{"purpose", "explanation"}, {"language", "en"}, {"series", "gsc.clicks"}, {"day", "2026-11-20"}},
      Json::array({series("ads.cost", "micros:eur", "sum", steps(5'000'000, 5'500'000)),
                   series("gsc.clicks", "count", "sum", dropped), series("weekly", "count", "sum", weekly),
                   series("young", "count", "sum", {Json(1)})}));
  const Json given = given_to(asked);
  REQUIRE(given["facts"].size() == 3);
  CHECK(given["facts"][0]["id"] == "gsc.clicks@2026-11-20");
  CHECK(given["facts"][0]["value"] == 20);
  CHECK(given["facts"][0]["usual"] == 100);
  CHECK(given["facts"][0]["change_percent"] == -80);
  CHECK(given["facts"][1]["value"] == 5.5);
  CHECK(given["facts"][1]["unit"] == "EUR");
  CHECK(given["facts"][2]["value"] == 8);
  CHECK(given["facts"][2]["usual"] == 8);
  CHECK(given["facts"][2]["usual_is"] == "median of this weekday in the 4 weeks before");
}

TEST_CASE("what is usual of a day in question is what the detector expected", "[openai]") {
  std::vector<Json> clicks;
  for (int day = 0; day < 56; ++day) clicks.push_back(day % 7 < 2 ? 8 : 60 + day % 3);
  clicks[50] = 36;  // a quiet day, on which 8 are usual
  const Json given = given_to(
      query({{"purpose", "explanation"}, {"language", "en"}, {"series", "gsc.clicks"}, {"day", "2026-11-18"}},
            Json::array({series("gsc.clicks", "count", "sum", clicks)})));
  REQUIRE(given["facts"].size() == 1);
  CHECK(given["facts"][0]["value"] == 36);
  CHECK(given["facts"][0]["usual"] < 12);
  CHECK(given["facts"][0]["change_percent"] > 200);
}
