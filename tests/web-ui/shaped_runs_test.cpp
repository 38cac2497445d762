#include "web-ui/widgets/shaped_runs.hpp"

#include <catch_amalgamated.hpp>

using namespace std::string_literals;

namespace {

/// The text with each run in brackets.
std::string bracketed(std::string_view text) {
  wf::ShapedRuns runs;
  std::string out;
  const std::string encoded(runs.encode(text));
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(encoded[at]); };
    const char32_t two_bytes = (byte(i) & 0xE0) == 0xC0 ? (byte(i) & 0x1FU) << 6 | (byte(i + 1) & 0x3FU) : 0;
    const auto run = runs.run(two_bytes);
    out += run.empty() ? std::string(1, encoded[i]) : "[" + std::string(run) + "]";
    if (!run.empty()) ++i;
  }
  return out;
}

}  // namespace

TEST_CASE("text whose characters stand side by side is left as it is") {
  wf::ShapedRuns runs;
  for (const std::string_view text : {"", "3 rows · fresh…", "Łódź", "Καφέ", "東京", "Москва", "한국"}) {
    CHECK(runs.encode(text).data() == text.data());
    CHECK(runs.encode(text) == text);
  }
  CHECK(runs.encode("caf\xC3") == "caf\xC3");
  CHECK(runs.encode("\xE0\xA4") == "\xE0\xA4");
}

TEST_CASE("a run goes from the first to the last character that needs shaping") {
  CHECK(bracketed("שלום") == "[שלום]");
  CHECK(bracketed("Café שלום, עולם! Ltd") == "Café [שלום, עולם]! Ltd");
  CHECK(bracketed("مقهى Tel סלון") == "[مقهى] Tel [סלון]");
  CHECK(bracketed("12 שלום 34") == "12 [שלום 34]");
  CHECK(bracketed("שלו…") == "[שלו…]");
  CHECK(bracketed("Sri श्री गणेश and สวัสดี") == "Sri [श्री गणेश] and [สวัสดี]");
  CHECK(bracketed("𠮷野家 🌸") == "[𠮷]野家 [🌸]");
}

TEST_CASE("one run has one character, until runs are forgotten") {
  wf::ShapedRuns runs;
  const std::string first(runs.encode("שלום"));
  CHECK(first.size() == 2);
  CHECK(runs.encode("שלום") == first);
  CHECK(runs.encode("עולם") != first);
  runs.forget();
  CHECK(runs.run(0x590).empty());
  CHECK(runs.encode("עולם") == first);
}

TEST_CASE("runs without end take no more characters than are free") {
  wf::ShapedRuns runs;
  for (int i = 0; i < 5000; ++i) {
    CHECK(runs.crowded() == (i > 1000));
    const std::string one = "ש" + std::to_string(i);
    const std::string encoded(runs.encode(one));
    CHECK(encoded.size() <= 3);
    if (i >= 0x10A0 - 0x590) CHECK(encoded == "\uFFFD");
  }
}
