#include "shared/connectors/openai/spelled.hpp"

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

// "zwei", "hundert", "drei": a part that is absent is `otherwise`.
std::optional<int> part(std::string_view word, int otherwise) {
  return word.empty() ? std::optional(otherwise) : spelled_number(word);
}

}  // namespace

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

std::optional<int> spelled_unit(std::string_view word) {
  if (const int ordinal = place_of(word, ordinals); ordinal > 0) return ordinal;
  const auto unit = value_of(word);
  return unit && *unit >= 1 && *unit <= 9 ? unit : std::nullopt;
}

}  // namespace wf::openai
