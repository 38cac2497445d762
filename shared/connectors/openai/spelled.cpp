#include "shared/connectors/openai/spelled.hpp"

#include "shared/base/text.hpp"
#include "shared/connectors/openai/number_words.hpp"

namespace wf::openai {
namespace {

// Above "neunhundertsiebenundneunzigtausendneunhundertsiebenundneunzig": a model may write "hundert" a
// thousand times, and each would be one call deeper.
constexpr std::size_t longest_word = 64;

constexpr std::string_view below_twenty =
    "zero null,one ein eins eine,two zwei,three drei,four vier,five fünf,six sechs,seven sieben,eight acht,"
    "nine neun,ten zehn,eleven elf,twelve zwölf,thirteen dreizehn,fourteen vierzehn,fifteen fünfzehn,"
    "sixteen sechzehn,seventeen siebzehn,eighteen achtzehn,nineteen neunzehn";
constexpr std::string_view whole_tens =
    "twenty zwanzig,thirty dreißig,forty vierzig,fifty fünfzig,sixty sechzig,seventy siebzig,eighty achtzig,"
    "ninety neunzig,hundred";
constexpr std::string_view ordinals = "first,second,third,fourth,fifth,sixth,seventh,eighth,ninth";

std::optional<int> value_of(std::string_view word) {
  if (const int place = place_of(word, below_twenty); place > 0) return place - 1;
  if (const int place = place_of(word, whole_tens); place > 0) return 10 * (place + 1);
  return std::nullopt;
}

std::optional<int> spelled_number(std::string_view word);

// "zwei", "hundert", "drei": a part that is absent is `otherwise`.
std::optional<int> part(std::string_view word, int otherwise) {
  return word.empty() ? std::optional(otherwise) : spelled_number(word);
}

// One word in lower case: German writes "zweihundert" and "dreitausend" together.
std::optional<int> spelled_number(std::string_view word) {
  if (word.size() > longest_word) return std::nullopt;
  if (const auto value = value_of(word)) return value;
  for (const std::string_view power : {"tausend", "hundert"}) {
    const std::size_t at = word.find(power);
    if (at == std::string_view::npos) continue;
    const int value = power == "tausend" ? 1000 : 100;
    const auto times = part(word.substr(0, at), 1);
    const auto rest = part(word.substr(at + power.size()), 0);
    if (!times || !rest || *times >= 1000 || *rest >= value) return std::nullopt;
    return *times * value + *rest;
  }
  // "fünfundzwanzig"
  const std::size_t at = word.find("und");
  if (at == std::string_view::npos) return std::nullopt;
  const auto unit = value_of(word.substr(0, at));
  const auto tens = value_of(word.substr(at + 3));
  if (!unit || !tens || *unit < 1 || *unit > 9 || *tens < 20 || *tens > 90) return std::nullopt;
  return *tens + *unit;
}

// Of what English joins to its tens: "seven" and "seventh" of "twenty-seven(th)".
std::optional<int> spelled_unit(std::string_view word) {
  if (const int ordinal = place_of(word, ordinals); ordinal > 0) return ordinal;
  const auto unit = value_of(word);
  return unit && *unit >= 1 && *unit <= 9 ? unit : std::nullopt;
}

std::size_t skip_and(const Plain& plain, std::size_t i) {
  return plain.word_at(i) == "and" ? plain.skip_spaces(plain.end_of_word(i)) : i;
}

std::optional<int> take_below_hundred(const Plain& plain, std::size_t& i) {
  const auto value = spelled_number(plain.word_at(i));
  if (!value) return std::nullopt;
  i = plain.end_of_word(i);
  if (*value < 20 || *value > 90 || *value % 10 != 0) return value;
  const std::size_t next = plain.at(i) == '-' ? i + 1 : plain.skip_spaces(i);
  const auto unit = spelled_unit(plain.word_at(next));
  if (unit) i = plain.end_of_word(next);
  return *value + unit.value_or(0);
}

std::optional<int> take_below_thousand(const Plain& plain, std::size_t& i) {
  auto value = take_below_hundred(plain, i);
  const std::size_t next = plain.skip_spaces(i);
  if (!value || plain.word_at(next) != "hundred") return value;
  i = plain.end_of_word(next);
  std::size_t end = skip_and(plain, plain.skip_spaces(i));
  const auto rest = take_below_hundred(plain, end);
  if (rest) i = end;
  return *value * 100 + rest.value_or(0);
}

}  // namespace

std::optional<int> take_spelled(const Plain& plain, std::size_t& i) {
  // "a million", and of "half a million" the nearest that is read here
  if (is_one_of(plain.word_at(i), "a an")) {
    const std::size_t next = plain.skip_spaces(plain.end_of_word(i));
    if (!scale_of(plain.word_at(next), false)) return std::nullopt;
    i = plain.end_of_word(i);
    return 1;
  }
  auto value = take_below_thousand(plain, i);
  const std::size_t scale = plain.skip_spaces(i);
  if (!value || plain.word_at(scale) != "thousand") return value;
  std::size_t end = skip_and(plain, plain.skip_spaces(plain.end_of_word(scale)));
  const auto rest = take_below_thousand(plain, end);
  if (!rest) return value;  // a scale like any other
  i = end;
  return *value * 1000 + *rest;
}

}  // namespace wf::openai
