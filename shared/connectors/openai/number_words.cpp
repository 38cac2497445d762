#include "shared/connectors/openai/number_words.hpp"

#include <algorithm>
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

// A thousand, a million and a thousand of these.
constexpr std::string_view scales =
    "thousand tausend tsd,million millions millionen mio,billion billions milliarde milliarden mrd";
constexpr std::string_view attached_scales = "k,m,bn";

constexpr std::string_view currencies =
    "EUR eur euro euros,USD usd,$ dollar dollars,GBP gbp pounds pfund,CHF chf franken,JPY jpy yen,CAD cad,"
    "AUD aud,SEK sek,NOK nok,DKK dkk,PLN pln,CZK czk";

constexpr std::string_view months =
    " january januar, february februar, march märz mrz, april, may mai, june juni, july juli, august,"
    " sept september, october oktober, november, december dezember";

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

int place_of(std::string_view word, std::string_view groups) {
  for (int place = 1; !groups.empty(); ++place)
    if (is_one_of(word, cut(groups, ','))) return place;
  return 0;
}

std::optional<double> scale_of(std::string_view word, bool attached) {
  int thousands = place_of(word, scales);
  if (attached && thousands == 0) thousands = place_of(word, attached_scales);
  if (thousands == 0) return std::nullopt;
  return thousands == 1 ? 1e3 : thousands == 2 ? 1e6 : 1e9;
}

std::string_view currency_of(std::string_view word) {
  for (std::string_view rest = currencies; !rest.empty();) {
    std::string_view group = cut(rest, ',');
    const std::string_view code = cut(group, ' ');
    if (is_one_of(word, group)) return code;
  }
  return {};
}

int month_of(std::string_view word) {
  const std::size_t at = months.find(concat({" ", word}));
  if (word.size() < 3 || at == std::string_view::npos) return 0;
  return static_cast<int>(std::count(months.begin(), months.begin() + static_cast<std::ptrdiff_t>(at), ',')) +
         1;
}

}  // namespace wf::openai
