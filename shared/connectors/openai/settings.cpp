#include "shared/connectors/openai/settings.hpp"

#include <algorithm>

#include "shared/base/text.hpp"

namespace wf::openai {
namespace {

constexpr std::int64_t million = 1'000'000;
constexpr std::int64_t usual_max_output_tokens = 8000;  // reasoning is counted in
constexpr std::int64_t least_output_tokens = 16;        // OpenAI refuses fewer
constexpr std::int64_t most_output_tokens = 200'000;
constexpr std::int64_t dearest = 100'000 * million;  // so that no cost overflows

tl::unexpected<Error> unset(std::string_view variable, std::string_view why) {
  return fail(ErrorKind::configuration, {"openai: ", variable, " ", why});
}

// Dollars with at most six decimals, in millionths.
std::optional<std::int64_t> parse_dollars(std::string_view text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string fraction(text.substr(std::min(point + 1, text.size())));
  if (fraction.size() > 6) return std::nullopt;
  fraction.resize(6, '0');
  const auto whole = parse_int64(text.substr(0, point));
  const auto part = parse_int64(fraction);
  if (!whole || !part || *whole < 0 || *part < 0 || *whole > dearest / million) return std::nullopt;
  return *whole * million + *part;
}

// "input=1.25,cached=0.125,output=10"
Result<Prices> parse_prices(std::string_view text) {
  std::optional<std::int64_t> input, cached, output;
  for (const std::string_view part : split(text, ',')) {
    const std::size_t sign = part.find('=');
    const std::string_view name = trim(part.substr(0, sign));
    const auto price =
        sign == std::string_view::npos ? std::nullopt : parse_dollars(trim(part.substr(sign + 1)));
    if (name == "input")
      input = price;
    else if (name == "cached")
      cached = price;
    else if (name == "output")
      output = price;
    else
      return unset("OPENAI_PRICES", "has a part that is not input, cached or output");
    if (!price) return unset("OPENAI_PRICES", "has a price that is not in dollars per million tokens");
  }
  if (!input || !output) return unset("OPENAI_PRICES", "names no price of input or of output");
  return Prices{*input, cached.value_or(*input), *output};
}

// A word of the provider's, such as "low".
bool is_word(std::string_view text) {
  return text.size() <= 16 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

Result<Settings> read_settings(const Json& ids) {
  Settings settings;
  settings.model = find_text(ids, "openai.model");
  if (settings.model.empty()) return unset("OPENAI_MODEL", "is not set");
  if (!find(ids, "openai.prices")) return unset("OPENAI_PRICES", "is not set");
  auto prices = parse_prices(find_text(ids, "openai.prices"));
  if (!prices) return tl::unexpected<Error>(std::move(prices.error()));
  settings.prices = *prices;
  settings.effort = find_text(ids, "openai.effort");
  if (!is_word(settings.effort)) return unset("OPENAI_EFFORT", "is not a level of effort");
  const auto tokens = find(ids, "openai.max_output_tokens") ? find_int64(ids, "openai.max_output_tokens")
                                                            : usual_max_output_tokens;
  if (!tokens || *tokens < least_output_tokens || *tokens > most_output_tokens)
    return unset("OPENAI_MAX_OUTPUT_TOKENS", "is not a number of tokens, 16 at least");
  settings.max_output_tokens = *tokens;
  if (find(ids, "openai.daily_limit_usd")) {
    settings.daily_limit_micros = parse_dollars(trim(find_text(ids, "openai.daily_limit_usd")));
    if (!settings.daily_limit_micros) return unset("OPENAI_DAILY_LIMIT_USD", "is not an amount of dollars");
  }
  return settings;
}

std::int64_t cost_micros(const Usage& usage, const Prices& prices) {
  const std::int64_t cached = std::min(usage.cached, usage.input);
  const std::int64_t millionths =
      (usage.input - cached) * prices.input + cached * prices.cached + usage.output * prices.output;
  return (millionths + million - 1) / million;
}

}  // namespace wf::openai
