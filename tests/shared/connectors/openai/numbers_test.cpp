#include <catch_amalgamated.hpp>

#include "shared/connectors/openai/number_text.hpp"
#include "shared/connectors/openai/numbers.hpp"

using namespace wf;
using openai::GivenNumbers;
using Texts = std::vector<std::string>;

namespace {

Json facts(const char* text) {
  auto parsed = parse_json(text, "facts");
  REQUIRE(parsed.has_value());
  return *parsed;
}

// Clicks, revenue and a rate as they come from facts.cpp.
GivenNumbers given() {
  GivenNumbers numbers;
  numbers.add(facts(R"({"purpose":"insights","today":"2026-11-24","facts":[
    {"id":"search_console.clicks","label":"Search clicks","unit":"count","value":12345,"before":14075,
     "change_percent":-12.3,"days":28,"from":"2026-10-27","to":"2026-11-23"},
    {"id":"stripe.revenue","label":"Revenue","unit":"EUR","value":1284.05,"before":980.5,
     "change_percent":31,"days":28,"from":"2026-10-27","to":"2026-11-23"},
    {"id":"sendgrid.open_rate","label":"Open rate","unit":"percent","value":41.27,"days":28}]})"));
  return numbers;
}

Texts invented(std::string_view text) { return given().invented_in(text); }

std::string texts_of(std::string_view text) {
  std::string all;
  for (const auto& mention : openai::mentions_in(text)) all += "[" + mention.text + "]";
  return all;
}

}  // namespace

TEST_CASE("a number that was given holds, in German and in English spelling", "[numbers]") {
  for (const char* text : {"12345 clicks", "12,345 clicks", "12.345 Klicks", "12\u202F345 Klicks",
                           "12\u00A0345 clicks", "12'345 Klicks", "12\u2019345 Klicks", "down from 14,075.",
                           "14075!", "(12,345)", "\u201E12.345\u201C", "12.3 thousand clicks", "12.3k clicks",
                           "12,3 Tsd. Klicks", "0.01 million", "12345 / 14075"}) {
    INFO(text);
    CHECK(invented(text) == Texts{});
  }
}

TEST_CASE("a number that was not given is found, as it stands there", "[numbers]") {
  CHECK(invented("12,346 clicks") == Texts{"12,346"});
  CHECK(invented("about 12,000 clicks") == Texts{"12,000"});
  CHECK(invented("1 234 clicks") == Texts{"1", "234"});
  CHECK(invented("12.5k clicks, 12.5k of them new") == Texts{"12.5k"});
  CHECK(invented("Umsatz 1.284,06 \u20AC, zuvor 980,50 \u20AC") == Texts{"1.284,06 \u20AC"});
  CHECK(invented("999 and 12345 and 998") == Texts{"999", "998"});
  CHECK(invented("") == Texts{});
  CHECK(invented("no number at all") == Texts{});
}

TEST_CASE("rounding is allowed to the last place that is shown, and no further", "[numbers]") {
  for (const char* text :
       {"41.27%", "41.3%", "41%", "1284 EUR", "1,284.1 EUR", "1.3k EUR", "980 EUR", "981 EUR"}) {
    INFO(text);
    CHECK(invented(text) == Texts{});
  }
  CHECK(invented("41.2%") == Texts{"41.2%"});
  CHECK(invented("42%") == Texts{"42%"});
  CHECK(invented("1285 EUR") == Texts{"1285 EUR"});
  CHECK(invented("1,284.00 EUR") == Texts{"1,284.00 EUR"});
  CHECK(invented("41.270 %") == Texts{});
}

TEST_CASE("percentages are not counts", "[numbers]") {
  for (const char* text :
       {"12.3%", "12,3 %", "12,3\u00A0%", "12.3 percent", "12,3 Prozent", "12.3 per cent", "12.3 pct",
        "a 31-percent rise", "31-prozentiger Anstieg", "\uFF051 is no number? 31\uFF05"}) {
    INFO(text);
    const Texts found = invented(text);
    CHECK((found == Texts{} || found == Texts{"1"}));
  }
  CHECK(invented("28% of the days") == Texts{"28%"});
  CHECK(invented("12345 %") == Texts{"12345 %"});
  CHECK(invented("28 days") == Texts{});
}

TEST_CASE("a written sign must be the fact's; without one the words carry it", "[numbers]") {
  for (const char* text : {"-12.3%", "\u221212.3%", "\u201312,3 %", "\u221212,3\u00A0%", "(-12.3%)",
                           "by -12%", "fell by 12.3%", "+31%", "+31 %", "31%", "-12.3 %"}) {
    INFO(text);
    CHECK(invented(text) == Texts{});
  }
  CHECK(invented("+12.3%") == Texts{"+12.3%"});
  CHECK(invented("-31%") == Texts{"-31%"});
  CHECK(invented("\u221231 %") == Texts{"\u221231 %"});
  CHECK(invented("\u201331 %") == Texts{"\u201331 %"});
}

TEST_CASE("a dash between two numbers is a range, not a minus", "[numbers]") {
  CHECK(texts_of("28-31") == "[28][31]");
  CHECK(texts_of("28\u201331 %") == "[28][31 %]");
  CHECK(invented("between 28\u201331%") == Texts{"28"});
  CHECK(invented("between 28 and 31 percent, 28 to 31%, 28 bis 31 \u20AC") == Texts{"28", "31 \u20AC"});
  CHECK(invented("28 days and 31%") == Texts{});
  CHECK(texts_of("clicks - 28") == "[28]");
  CHECK(invented("Top-10") == Texts{"10"});
}

TEST_CASE("money is of its currency", "[numbers]") {
  for (const char* text : {"1,284.05 EUR", "1.284,05 \u20AC", "\u20AC1,284.05", "EUR 1,284.05",
                           "1284.05 euros", "1.284,05 Euro", "\u20AC 1,284", "1284,05", "+\u20AC1,284.05"}) {
    INFO(text);
    CHECK(invented(text) == Texts{});
  }
  CHECK(invented("$1,284.05") == Texts{"$1,284.05"});
  CHECK(invented("US$ 1,284.05") == Texts{"US$ 1,284.05"});
  CHECK(invented("1,284.05 USD") == Texts{"1,284.05 USD"});
  CHECK(invented("\u20AC12,345") == Texts{"\u20AC12,345"});
  CHECK(invented("-\u20AC1,284.05") == Texts{"-\u20AC1,284.05"});
  CHECK(invented("1.28k \u20AC") == Texts{});
  CHECK(invented("1,29 Mio. \u20AC") == Texts{"1,29 Mio. \u20AC"});
  CHECK(invented("1.28k\u20AC") == Texts{});
  CHECK(invented("12k\u20AC Umsatz") == Texts{"12k\u20AC"});
  for (const char* text : {"A$950", "C$9500", "CA$4,800", "R$500", "AU$ 1,284.05"}) {
    INFO(text);
    CHECK(invented(std::string("You spent ") + text).size() == 1);
  }
  GivenNumbers canadian;
  canadian.add(facts(R"({"facts":[{"id":"a","label":"Spend","unit":"CAD","value":1284.05}]})"));
  CHECK(canadian.invented_in("$1,284.05, 1,284.05 dollars") == Texts{});
  CHECK(canadian.invented_in("US$1,284.05") == Texts{"US$1,284.05"});
  CHECK(canadian.invented_in("CA$1,284.05, C$ 1,284.05, 1,284.05 CAD") == Texts{});
}

TEST_CASE("3 of 4 are two numbers, and both must be given", "[numbers]") {
  CHECK(invented("3 of 4 pages") == Texts{"3", "4"});
  CHECK(invented("3/4 der Seiten") == Texts{"3", "4"});
  CHECK(invented("28 of 12,345") == Texts{});
  CHECK(invented("half of it: \u00BD") == Texts{"\u00BD"});
  CHECK(invented("at 13:44") == Texts{"13", "44"});
}

TEST_CASE("dates and years must be days of the facts", "[numbers]") {
  for (const char* text : {"2026-11-23",
                           "23.11.2026",
                           "23.11.26",
                           "Am 23.11. war",
                           "23. November 2026",
                           "23 November",
                           "23rd of November",
                           "November 23, 2026",
                           "Nov. 23",
                           "Nov 23rd",
                           "27. Oktober",
                           "27 Oct \u2013 23 Nov 2026",
                           "October 2026",
                           "in 2026",
                           "11/23/2026",
                           "23/11/2026",
                           "24.11.2026",
                           "since 27 October.",
                           "23.\u201324. November",
                           "November 23-24"}) {
    INFO(text);
    CHECK(invented(text) == Texts{});
  }
  CHECK(invented("2026-11-22") == Texts{"2026-11-22"});
  CHECK(invented("22. November 2026") == Texts{"22. November 2026"});
  CHECK(invented("November 22") == Texts{"November 22"});
  CHECK(invented("am 22.11.") == Texts{"22.11."});
  CHECK(invented("23. November 2025") == Texts{"23. November 2025"});
  CHECK(invented("in 2025") == Texts{"2025"});
  CHECK(invented("August 2026") == Texts{"August 2026"});
  CHECK(invented("23.\u201325. November") == Texts{"23.\u201325. November"});
  CHECK(invented("5. M\u00E4rz") == Texts{"5. M\u00E4rz"});
  CHECK(invented("2,026 clicks") == Texts{"2,026"});
}

TEST_CASE("a decimal number may end a sentence like a date", "[numbers]") {
  GivenNumbers numbers;
  numbers.add(facts(R"({"position":4.12})"));
  CHECK(numbers.invented_in("Die Position ist 4.12. Gut.") == Texts{});
  CHECK(numbers.invented_in("Die Position ist 4.13. Gut.") == Texts{"4.13"});
  CHECK(numbers.invented_in("Die Position ist 5.12. Gut.") == Texts{"5.12."});
}

TEST_CASE("no day of zero, no month of 25 and no year of money", "[numbers]") {
  CHECK(invented("an average of 0.11.") == Texts{"0.11"});
  CHECK(invented("rose to 25.0.") == Texts{"25.0"});
  CHECK(invented("a CTR of 0.10. More") == Texts{"0.10"});
  CHECK(invented("45.11.") == Texts{"45.11"});
  for (const std::string money : {"\u20AC2026", "EUR 2026", "$2026", "2026 EUR"})
    CHECK(invented(money) == Texts{money});
  CHECK(invented("in 2026") == Texts{});
}

TEST_CASE("a month and the number behind it are no date where the number goes on", "[numbers]") {
  GivenNumbers numbers;
  numbers.add(facts(R"({"day":"2026-11-23","clicks":2521,"position":2.5})"));
  CHECK(numbers.invented_in("In November 2,521 clicks, im November 2.521 Klicks") == Texts{});
  CHECK(numbers.invented_in("In November 2.5 was the position") == Texts{});
  CHECK(numbers.invented_in("November 23,2026 and November 23, 2026") == Texts{});
  CHECK(numbers.invented_in("In November 2,522 clicks") == Texts{"2,522"});
}

TEST_CASE("a day or a year before a word may be a number instead", "[numbers]") {
  GivenNumbers numbers;
  numbers.add(facts(R"({"day":"2026-11-23","visits":1987,"orders":12})"));
  for (const char* text :
       {"On November 23, 1987 people visited", "In November 12 orders were refunded",
        "Im November 12 Bestellungen", "Am 23. November 1987 Besuche", "In November 1987 visits"}) {
    INFO(text);
    CHECK(numbers.invented_in(text) == Texts{});
  }
  CHECK(numbers.invented_in("On November 22, 1987 people visited") == Texts{"November 22, 1987"});
  CHECK(numbers.invented_in("On November 23, 1988 people visited") == Texts{"November 23, 1988"});
  CHECK(numbers.invented_in("In November 13 orders were refunded") == Texts{"November 13"});
  for (const std::string date : {"November 12", "12. November", "12th of November"}) {
    INFO(date);
    CHECK(numbers.invented_in("On " + date + " the shop had no orders") == Texts{date});
  }
  CHECK(numbers.invented_in("until November 12.") == Texts{"November 12."});
  CHECK(numbers.invented_in("November 23, 1987.") == Texts{"November 23, 1987"});
}

TEST_CASE("a number before a mark or a scale is no day of the month and no year", "[numbers]") {
  GivenNumbers numbers;
  numbers.add(facts(R"({"from":"2026-11-12","day":"2026-11-23","change_percent":12,
    "list":[{"unit":"EUR","value":2026},{"unit":"count","value":12000}]})"));
  for (const char* text :
       {"Im November 12 % mehr Klicks", "In November 12 percent more", "In November 2026 EUR",
        "In November 12k clicks, 12 thousand clicks", "On November 23, 2026 EUR were earned",
        "On November 23 \u20AC2,026 came in", "In November 2026 \u20AC2026"}) {
    INFO(text);
    CHECK(numbers.invented_in(text) == Texts{});
  }
  CHECK(numbers.invented_in("In November 23% fewer clicks") == Texts{"23%"});
  CHECK(numbers.invented_in("Im November 23 Prozent weniger") == Texts{"23 Prozent"});
  CHECK(numbers.invented_in("In November 23 EUR") == Texts{"23 EUR"});
  CHECK(numbers.invented_in("In November 2026 %") == Texts{"2026 %"});
  CHECK(numbers.invented_in("In November 23k clicks") == Texts{"23k"});
}

TEST_CASE("what follows a day and a dash may count what the next word says", "[numbers]") {
  GivenNumbers numbers;
  numbers.add(facts(R"({"day":"2026-11-18","value":20})"));
  CHECK(numbers.invented_in("Nov 18 \u2013 20 clicks instead of 18") == Texts{"18"});
  CHECK(numbers.invented_in("Nov 18 \u2013 21 clicks") == Texts{"Nov 18 \u2013 21"});
  CHECK(numbers.invented_in("Nov 18\u201320.") == Texts{"Nov 18\u201320."});
}

TEST_CASE("thanks and opening hours are no statement", "[numbers]") {
  CHECK(invented("Tausend Dank f\u00FCr Ihre Nachricht! A thousand thanks.") == Texts{});
  CHECK(invented("open 24/7, always") == Texts{});
  CHECK(invented("on 24/7/2026 the clicks") == Texts{"24/7/2026"});
  CHECK(invented("24/70 and tausend Klicks") == Texts{"24", "70", "tausend"});
}

TEST_CASE("digits of a name are no number, and a list marker is no statement", "[numbers]") {
  CHECK(texts_of("GA4, H1, v1.2.3 and Q3") == "");
  CHECK(invented("1. First\n2) Second\n# 3. Third") == Texts{});
  CHECK(invented("we had 1. then nothing") == Texts{"1"});
  CHECK(invented("1. 500 clicks") == Texts{"500"});
}

TEST_CASE("ordinals count as their numbers", "[numbers]") {
  CHECK(invented("the 28th place") == Texts{});
  CHECK(invented("the 1st place") == Texts{"1st"});
}

TEST_CASE("what reads in two ways holds when one of them does", "[numbers]") {
  GivenNumbers numbers;
  numbers.add(facts(R"({"a":1.234,"b":5678})"));
  CHECK(numbers.invented_in("1.234 und 1,234") == Texts{});
  CHECK(numbers.invented_in("5.678 and 5,678") == Texts{});
  CHECK(numbers.invented_in("12.34.56") == Texts{"12.34.56"});
  CHECK(numbers.invented_in("1,23,456") == Texts{"1,23,456"});
  CHECK(numbers.invented_in("1.234.567") == Texts{"1.234.567"});
  CHECK(numbers.invented_in("0.234") == Texts{"0.234"});
}

TEST_CASE("numbers in given texts are given, of ids they are not", "[numbers]") {
  GivenNumbers numbers;
  numbers.add(facts(R"({"intent":"We give 20% off until 5 December","queries":[
    {"id":"query.7","query":"zahnarzt 10115 berlin","clicks":31}]})"));
  CHECK(numbers.invented_in("20 % Rabatt bis 5. Dezember in 10115 Berlin") == Texts{});
  CHECK(numbers.invented_in("7 days") == Texts{"7"});
  CHECK(numbers.invented_in("20 EUR off") == Texts{"20 EUR"});
}

TEST_CASE("full-width digits are digits", "[numbers]") {
  CHECK(invented("\uFF11\uFF12\uFF13\uFF14\uFF15 clicks") == Texts{});
  CHECK(invented("\uFF19 clicks") == Texts{"\uFF19"});
}

TEST_CASE("no text makes the reader stumble", "[numbers]") {
  const std::string odd[] = {"-",
                             "+",
                             "\u2013",
                             "\xC3",
                             "\xEF\xBC",
                             "1.",
                             "1,",
                             ".5",
                             "1'",
                             "%",
                             "\u20AC",
                             "Nov",
                             "Nov.",
                             "5.",
                             "5 Nov",
                             "1-",
                             "1-2-",
                             "2026-",
                             "2026-11",
                             "1/2/",
                             "99999999999999999999999999",
                             "1.1.1.1.1.1",
                             std::string(3000, '9'),
                             "\xFF\x00\x31",
                             "EUR",
                             "EUR -",
                             "12 per",
                             "May"};
  for (const std::string& text : odd) {
    INFO(text);
    CHECK(invented(text).size() <= openai::mentions_in(text).size());
    for (const auto& mention : openai::mentions_in(text)) CHECK(text.find(mention.text) != std::string::npos);
  }
}

TEST_CASE("a number in words is one", "[numbers]") {
  GivenNumbers numbers;
  numbers.add(facts(R"([{"unit":"count","value":12,"days":28},{"unit":"percent","value":25},
    {"unit":"count","value":205},{"unit":"count","value":2340},{"unit":"EUR","value":5},
    {"unit":"count","value":2000000},{"unit":"count","value":3100}])"));
  for (const char* text :
       {"twenty-eight days", "Twenty eight days", "twenty-five percent", "a twenty-five-percent rise",
        "fünfundzwanzig Prozent", "achtundzwanzig Tage", "two hundred and five clicks",
        "zweihundertfünf Klicks", "two thousand three hundred and forty clicks", "five euros", "fünf Euro",
        "two million", "zwei Millionen", "three thousand one hundred", "dreitausendeinhundert"}) {
    INFO(text);
    CHECK(numbers.invented_in(text) == Texts{});
  }
  for (const std::string text : {"a million", "a thousand"})
    CHECK(numbers.invented_in("about " + text + " impressions") == Texts{text});
  CHECK(numbers.invented_in("up by twelve percent") == Texts{"twelve percent"});
  CHECK(numbers.invented_in("zwölf Prozent mehr") == Texts{"zwölf Prozent"});
  CHECK(numbers.invented_in("thirty days and ninety-nine clicks") == Texts{"thirty", "ninety-nine"});
  CHECK(numbers.invented_in("the twenty-first") == Texts{"twenty-first"});
  CHECK(numbers.invented_in("sechsundzwanzig") == Texts{"sechsundzwanzig"});
  CHECK(numbers.invented_in("three million, six euros") == Texts{"three million", "six euros"});
  CHECK(numbers.invented_in("two hundred and six clicks") == Texts{"two hundred and six"});
  CHECK(numbers.invented_in("two thousand, four thousand") == Texts{"four thousand"});
}

TEST_CASE("a small number in words is often no statement, and other words are none", "[numbers]") {
  for (const char* text :
       {"one of the two periods", "the first three of ten queries", "eine von zwei Kampagnen", "no one",
        "hundreds of visitors", "Hunderte", "tausende Klicks", "ein Hund und eine Stunde",
        "die Hundertschaft", "someone, often, attend, undone, tenfold", "acht geben", "und",
        "hundertmillionenfach", "zweiundhundert", "one-off", "a second look", "the sixth sense"}) {
    INFO(text);
    CHECK(texts_of(text).empty());
  }
  std::string hundreds;
  for (int i = 0; i < 100'000; ++i) hundreds += "hundert";
  CHECK(texts_of(hundreds).empty());
  CHECK(texts_of("neunhundertsiebenundneunzigtausendneunhundertsiebenundneunzig") != "");
}
