#include "shared/connectors/openai/number_words.hpp"

#include <algorithm>

#include "shared/base/text.hpp"

namespace wf::openai {
namespace {

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

}  // namespace

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

bool is_percent(std::string_view word) {
  return starts_with(word, "percent") || starts_with(word, "prozent") || word == "pct";
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
