#include "shared/analysis/words.hpp"

#include <catch_amalgamated.hpp>
#include <limits>

namespace {

using namespace wf;

Anomaly of(AnomalyKind kind, double value, double expected) {
  return {.day = *parse_day("2026-11-21"), .kind = kind, .value = value, .expected = expected};
}

std::string said(double value, std::string_view unit) { return words(spoken(value, unit)); }

}  // namespace

TEST_CASE("a number is said in three digits") {
  CHECK(rounded(12'847) == 12'800);
  CHECK(rounded(-12'847) == -12'800);
  CHECK(rounded(999) == 999);
  CHECK(rounded(1234.6) == 1230);
  CHECK(rounded(4.561) == 4.56);
  CHECK(rounded(0.034567) == 0.0346);
  CHECK(rounded(0) == 0);
  CHECK(rounded(std::numeric_limits<double>::max()) == std::numeric_limits<double>::max());
}

TEST_CASE("in the unit that people use") {
  CHECK(said(128'405, "money:eur") == "1,280 EUR");
  CHECK(said(1284, "money:jpy") == "1,280 JPY");
  CHECK(said(-5050, "money:eur") == "-50.5 EUR");
  CHECK(said(4'005'000, "micros:usd") == "4.01 USD");
  CHECK(said(0.92, "score") == "92 of 100");
  CHECK(said(123.4, "ms") == "123 ms");
  CHECK(said(5e9, "bytes") == "5,000 MB");
  CHECK(said(4.999, "position") == "5");
  CHECK(said(12, "count") == "12");
  CHECK(said(std::numeric_limits<double>::max(), "count") == "1,000,000,000,000,000");
}

TEST_CASE("an anomaly is one calm line") {
  CHECK(describe(of(AnomalyKind::drop, 38, 100), "count") == "62 % below usual on 21 Nov");
  CHECK(describe(of(AnomalyKind::spike, 180, 100), "count") == "80 % above usual on 21 Nov");
  CHECK(describe(of(AnomalyKind::spike, 425, 100), "count") == "4.3 times the usual on 21 Nov");
  CHECK(describe(of(AnomalyKind::shift, 1700, 100), "count") == "17 times the usual since 21 Nov");
  CHECK(describe(of(AnomalyKind::shift, 0, 5), "count") == "100 % below usual since 21 Nov");
  CHECK(describe(of(AnomalyKind::spike, 40, 0), "count") == "usually none, 40 on 21 Nov");
  CHECK(describe(of(AnomalyKind::spike, 40'000, 0.02), "money:eur") == "usually none, 400 EUR on 21 Nov");
  CHECK(describe(of(AnomalyKind::spike, 9900, 100), "count") == "99 times the usual on 21 Nov");
  CHECK(describe(of(AnomalyKind::drop, -5, 100), "count") == "105 % below usual on 21 Nov");
}

TEST_CASE("what is over is told with its last day") {
  Anomaly closed = of(AnomalyKind::drop, 0, 100);
  closed.until = *parse_day("2026-11-27");
  CHECK(describe(closed, "count") == "100 % below usual from 21 Nov to 27 Nov");
  closed.kind = AnomalyKind::shift;
  CHECK(describe(closed, "count") == "100 % below usual from 21 Nov to 27 Nov");
}

TEST_CASE("a position is better or worse: less of it is no fall") {
  const std::string_view unit = "position";
  CHECK(describe(of(AnomalyKind::shift, 5, 9.1), unit) == "45 % better than usual since 21 Nov");
  CHECK(describe(of(AnomalyKind::spike, 9.5, 3.1), unit) == "206 % worse than usual on 21 Nov");
  CHECK(describe(of(AnomalyKind::drop, 38, 100), "ms") == "62 % below usual on 21 Nov");
}

TEST_CASE("a line names what is unusual, and says what it rests on") {
  Anomaly anomaly = of(AnomalyKind::drop, 38'000, 100'000);
  anomaly.low = 90'000;
  anomaly.high = 112'345;
  CHECK(sentence("Net charges", anomaly, "money:eur") == "Net charges 62 % below usual on 21 Nov");
  CHECK(comparison(anomaly, "money:eur") == "380 EUR, usually 900 to 1,120 EUR");
  anomaly.low = 0.2, anomaly.high = 14.1;
  CHECK(comparison(anomaly, "count") == "38,000, usually 0 to 14");
  auto rare = of(AnomalyKind::spike, 24, 0);
  rare.high = 5.06;
  CHECK(comparison(rare, "count") == "up to 5 is usual");
  CHECK(sentence("Worker errors", of(AnomalyKind::spike, 40, 0), "count") ==
        "Worker errors: usually none, 40 on 21 Nov");
}

TEST_CASE("a change needs something to be compared with") {
  CHECK(change_percent(150, 100) == 50);
  CHECK(change_percent(-50, -100) == 50);
  CHECK(change_percent(1e300, 1) == 999'999);
  CHECK_FALSE(change_percent(5, 0));
}
