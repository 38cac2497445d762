#include "shared/connectors/openai/number_words.hpp"

#include <array>

#include "shared/base/text.hpp"

namespace wf::openai {
namespace {

struct Spelling {
  std::string_view from;
  std::string_view to;
};

// What is written in more than one way, "US$" before "$". A currency's letters stand apart from others.
constexpr std::array spellings{
    Spelling{"\u2212", "-"},     Spelling{"\uFE63", "-"},      Spelling{"\uFF0D", "-"},
    Spelling{"\u2011", "-"},     Spelling{"\u2013", "\x01"},   Spelling{"\u2014", "\x01"},
    Spelling{"\u00A0", "\x02"},  Spelling{"\u202F", "\x02"},   Spelling{"\u2009", "\x02"},
    Spelling{"\u2007", "\x02"},  Spelling{"\u2019", "'"},      Spelling{"US$", "USD"},
    Spelling{"CA$", "CAD"},      Spelling{"C$", "CAD"},        Spelling{"AU$", "AUD"},
    Spelling{"A$", "AUD"},       Spelling{"$", "DOLLAR"},      Spelling{"\u20AC", "EUR"},
    Spelling{"\u00A3", "GBP"},   Spelling{"\u00A5", "JPY"},    Spelling{"\uFF05", "%"},
    Spelling{"\u00BD", " 0.5 "}, Spelling{"\u00BC", " 0.25 "}, Spelling{"\u00BE", " 0.75 "}};

struct Scale {
  std::string_view word;
  double factor;
  bool attached = false;  // only without a space: 5k
};
constexpr std::array scales{Scale{"k", 1e3, true},   Scale{"m", 1e6, true},    Scale{"bn", 1e9, true},
                            Scale{"thousand", 1e3},  Scale{"tausend", 1e3},    Scale{"tsd", 1e3},
                            Scale{"million", 1e6},   Scale{"millions", 1e6},   Scale{"millionen", 1e6},
                            Scale{"mio", 1e6},       Scale{"billion", 1e9},    Scale{"billions", 1e9},
                            Scale{"milliarde", 1e9}, Scale{"milliarden", 1e9}, Scale{"mrd", 1e9}};

struct Currency {
  std::string_view word;
  std::string_view code;
};
constexpr std::array currencies{
    Currency{"eur", "EUR"}, Currency{"euro", "EUR"},        Currency{"euros", "EUR"},
    Currency{"usd", "USD"}, Currency{"dollar", any_dollar}, Currency{"dollars", any_dollar},
    Currency{"gbp", "GBP"}, Currency{"pounds", "GBP"},      Currency{"pfund", "GBP"},
    Currency{"chf", "CHF"}, Currency{"franken", "CHF"},     Currency{"jpy", "JPY"},
    Currency{"yen", "JPY"}, Currency{"cad", "CAD"},         Currency{"aud", "AUD"},
    Currency{"sek", "SEK"}, Currency{"nok", "NOK"},         Currency{"dkk", "DKK"},
    Currency{"pln", "PLN"}, Currency{"czk", "CZK"}};

struct Month {
  std::string_view name;
  int number;
};
constexpr std::array months{
    Month{"january", 1},   Month{"januar", 1},   Month{"february", 2}, Month{"februar", 2},
    Month{"march", 3},     Month{"märz", 3},     Month{"mrz", 3},      Month{"april", 4},
    Month{"may", 5},       Month{"mai", 5},      Month{"june", 6},     Month{"juni", 6},
    Month{"july", 7},      Month{"juli", 7},     Month{"august", 8},   Month{"sept", 9},
    Month{"september", 9}, Month{"october", 10}, Month{"oktober", 10}, Month{"november", 11},
    Month{"december", 12}, Month{"dezember", 12}};

bool is_letter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}

void put_spelling(Plain& plain, const Spelling& spelling, std::string_view text, std::size_t at) {
  const bool word = is_letter(spelling.to.front());
  const std::size_t end = at + spelling.from.size();
  if (word && !plain.text.empty() && is_letter(plain.text.back())) plain.put(" ", at);
  plain.put(spelling.to, at);
  if (word && end < text.size() && is_letter(text[end])) plain.put(" ", at);
}

std::size_t put_character(Plain& plain, std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  for (const Spelling& spelling : spellings)
    if (starts_with(rest, spelling.from)) {
      put_spelling(plain, spelling, text, at);
      return spelling.from.size();
    }
  // Full-width digits.
  if (rest.size() >= 3 && starts_with(rest, "\xEF\xBC") && rest[2] >= '\x90' && rest[2] <= '\x99') {
    const char digit = static_cast<char>('0' + (rest[2] - '\x90'));
    plain.put({&digit, 1}, at);
    return 3;
  }
  plain.put(rest.substr(0, 1), at);
  return 1;
}

}  // namespace

Plain plain_of(std::string_view text) {
  Plain plain;
  for (std::size_t at = 0; at < text.size();) at += put_character(plain, text, at);
  plain.origin.push_back(text.size());
  return plain;
}

std::optional<double> scale_of(std::string_view word, bool attached) {
  for (const Scale& scale : scales)
    if (word == scale.word && (attached || !scale.attached)) return scale.factor;
  return std::nullopt;
}

std::string_view currency_of(std::string_view word) {
  for (const Currency& currency : currencies)
    if (word == currency.word) return currency.code;
  return {};
}

int month_of(std::string_view word) {
  if (word.size() < 3) return 0;
  for (const Month& month : months)
    if (starts_with(month.name, word)) return month.number;
  return 0;
}

}  // namespace wf::openai
