#include "shared/connectors/openai/spelled.hpp"

#include <array>
#include <span>

namespace wf::openai {
namespace {

struct Word {
  std::string_view word;
  int value;
};

// Above "neunhundertsiebenundneunzigtausendneunhundertsiebenundneunzig": a model may write "hundert" a
// thousand times, and each would be one call deeper.
constexpr std::size_t longest_word = 64;

constexpr std::array words{
    Word{"zero", 0},      Word{"one", 1},        Word{"two", 2},       Word{"three", 3},
    Word{"four", 4},      Word{"five", 5},       Word{"six", 6},       Word{"seven", 7},
    Word{"eight", 8},     Word{"nine", 9},       Word{"ten", 10},      Word{"eleven", 11},
    Word{"twelve", 12},   Word{"thirteen", 13},  Word{"fourteen", 14}, Word{"fifteen", 15},
    Word{"sixteen", 16},  Word{"seventeen", 17}, Word{"eighteen", 18}, Word{"nineteen", 19},
    Word{"twenty", 20},   Word{"thirty", 30},    Word{"forty", 40},    Word{"fifty", 50},
    Word{"sixty", 60},    Word{"seventy", 70},   Word{"eighty", 80},   Word{"ninety", 90},
    Word{"hundred", 100}, Word{"null", 0},       Word{"ein", 1},       Word{"eins", 1},
    Word{"eine", 1},      Word{"zwei", 2},       Word{"drei", 3},      Word{"vier", 4},
    Word{"fünf", 5},      Word{"sechs", 6},      Word{"sieben", 7},    Word{"acht", 8},
    Word{"neun", 9},      Word{"zehn", 10},      Word{"elf", 11},      Word{"zwölf", 12},
    Word{"dreizehn", 13}, Word{"vierzehn", 14},  Word{"fünfzehn", 15}, Word{"sechzehn", 16},
    Word{"siebzehn", 17}, Word{"achtzehn", 18},  Word{"neunzehn", 19}, Word{"zwanzig", 20},
    Word{"dreißig", 30},  Word{"vierzig", 40},   Word{"fünfzig", 50},  Word{"sechzig", 60},
    Word{"siebzig", 70},  Word{"achtzig", 80},   Word{"neunzig", 90}};

constexpr std::array ordinals{Word{"first", 1},   Word{"second", 2}, Word{"third", 3},
                              Word{"fourth", 4},  Word{"fifth", 5},  Word{"sixth", 6},
                              Word{"seventh", 7}, Word{"eighth", 8}, Word{"ninth", 9}};

std::optional<int> value_in(std::span<const Word> list, std::string_view word) {
  for (const Word& one : list)
    if (one.word == word) return one.value;
  return std::nullopt;
}

// "zwei", "hundert", "drei": a part that is absent is `otherwise`.
std::optional<int> part(std::string_view word, int otherwise) {
  return word.empty() ? std::optional(otherwise) : spelled_number(word);
}

}  // namespace

std::optional<int> spelled_number(std::string_view word) {
  if (word.size() > longest_word) return std::nullopt;
  if (const auto value = value_in(words, word)) return value;
  for (const Word& power : {Word{"tausend", 1000}, Word{"hundert", 100}}) {
    const std::size_t at = word.find(power.word);
    if (at == std::string_view::npos) continue;
    const auto times = part(word.substr(0, at), 1);
    const auto rest = part(word.substr(at + power.word.size()), 0);
    if (!times || !rest || *times >= 1000 || *rest >= power.value) return std::nullopt;
    return *times * power.value + *rest;
  }
  // "fünfundzwanzig"
  const std::size_t at = word.find("und");
  if (at == std::string_view::npos) return std::nullopt;
  const auto unit = value_in(words, word.substr(0, at));
  const auto tens = value_in(words, word.substr(at + 3));
  if (!unit || !tens || *unit < 1 || *unit > 9 || *tens < 20 || *tens > 90) return std::nullopt;
  return *tens + *unit;
}

std::optional<int> spelled_unit(std::string_view word) {
  if (const auto ordinal = value_in(ordinals, word)) return ordinal;
  const auto unit = value_in(words, word);
  return unit && *unit >= 1 && *unit <= 9 ? unit : std::nullopt;
}

}  // namespace wf::openai
