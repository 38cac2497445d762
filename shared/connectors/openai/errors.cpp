#include "shared/connectors/openai/errors.hpp"

#include <algorithm>
#include <array>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"

namespace wf::openai {
namespace {

using std::chrono::milliseconds;

struct Meaning {
  std::string_view codes;
  ErrorKind kind;
  std::string_view advice;
};

constexpr std::array meanings{
    Meaning{"insufficient_quota", ErrorKind::configuration, ", the account has no credit left"},
    Meaning{"billing_hard_limit_reached", ErrorKind::configuration,
            ", the account's spending limit is reached"},
    Meaning{"billing_not_active", ErrorKind::configuration, ", the account's billing is not active"},
    Meaning{"model_not_found", ErrorKind::configuration,
            ", this key may not use the model of OPENAI_MODEL, or it was retired"},
    Meaning{"unsupported_value unsupported_parameter", ErrorKind::configuration,
            ", the model does not take a setting such as OPENAI_EFFORT"},
    Meaning{"unsupported_country_region_territory", ErrorKind::configuration,
            ", OpenAI does not serve the place that this ran from"},
    Meaning{"rate_limit_exceeded", ErrorKind::rate_limit, ""},
    Meaning{"server_error", ErrorKind::provider, ""}};

std::optional<std::int64_t> whole_seconds(std::optional<milliseconds> wait) {
  if (!wait) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(*wait).count();
}

// Of the limit that is used up; of both when neither says so, as when one call asks for more than is left.
std::optional<std::int64_t> seconds_to_reset(const Headers& headers) {
  std::optional<milliseconds> exhausted, any;
  for (const std::string_view what : {"requests", "tokens"}) {
    const auto wait = parse_go_duration(header(headers, concat({"x-ratelimit-reset-", what})));
    if (!wait) continue;
    any = std::max(any.value_or(*wait), *wait);
    if (header(headers, concat({"x-ratelimit-remaining-", what})) == "0")
      exhausted = std::max(exhausted.value_or(*wait), *wait);
  }
  return whole_seconds(exhausted ? exhausted : any);
}

std::optional<std::int64_t> seconds_to_wait(const Headers& headers) {
  const auto precise = parse_int64(trim(header(headers, "retry-after-ms")));
  if (precise && *precise >= 0) return whole_seconds(milliseconds(*precise));
  return seconds_to_reset(headers);
}

// "ms" before "m".
struct Unit {
  std::string_view name;
  double millis;
};
constexpr std::array units{Unit{"ns", 1e-6},  Unit{"us", 1e-3}, Unit{"\u00B5s", 1e-3}, Unit{"ms", 1},
                           Unit{"s", 1000.0}, Unit{"m", 60e3},  Unit{"h", 3600e3}};

std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  double place = 1;
  bool fraction = false;
  std::size_t digits = 0;
  for (; !text.empty(); text.remove_prefix(1)) {
    const char c = text.front();
    if (c == '.' && !fraction) {
      fraction = true;
      continue;
    }
    if (c < '0' || c > '9') break;
    ++digits;
    value = value * 10 + (c - '0');
    if (fraction) place *= 10;
  }
  if (digits == 0 || digits > 15) return std::nullopt;
  return value / place;
}

}  // namespace

std::optional<milliseconds> parse_go_duration(std::string_view text) {
  text = trim(text);
  if (text.empty()) return std::nullopt;
  double millis = 0;
  while (!text.empty()) {
    const auto number = take_number(text);
    const auto unit = std::find_if(units.begin(), units.end(),
                                   [&](const Unit& candidate) { return starts_with(text, candidate.name); });
    if (!number || unit == units.end()) return std::nullopt;
    millis += *number * unit->millis;
    text.remove_prefix(unit->name.size());
  }
  constexpr double longest = 1e12;  // 31 years
  if (millis > longest) return std::nullopt;
  return milliseconds(static_cast<std::int64_t>(millis + 0.999));
}

Problem explain_error(const Json& error, Problem general) {
  std::string_view code = find_text(error, "code");
  if (!is_code(code)) code = find_text(error, "type");
  if (!is_code(code)) return general;
  for (const Meaning& meaning : meanings) {
    if (!is_one_of(code, meaning.codes)) continue;
    // Waiting fills no account, and asking again brings no retired model back.
    const bool is_settled = meaning.kind == ErrorKind::configuration;
    general.error.kind = meaning.kind;
    general.remedy = is_settled ? Remedy::give_up : Remedy::retry;
    general.error.message += meaning.advice;
    if (is_settled) general.error.retry_after_secs = std::nullopt;
  }
  general.error.message += concat({" (", code, ")"});
  return general;
}

bool is_refused_prompt(const Json& body) {
  const Json* error = find_object(body, "error");
  return error && find_text(*error, "code") == refused_prompt;
}

Problem explain(const HttpReply& reply, Problem general) {
  const Json body = json_or_null(reply.body);
  if (is_refused_prompt(body)) general.remedy = Remedy::read;
  const Json* error = find_object(body, "error");
  if (reply.status == 429 && !general.error.retry_after_secs)
    general.error.retry_after_secs = seconds_to_wait(reply.headers);
  return error ? explain_error(*error, std::move(general)) : general;
}

std::string code_in(std::string_view message) {
  const std::size_t open = message.rfind('(');
  if (open == std::string_view::npos || message.back() != ')') return "";
  const std::string_view code = message.substr(open + 1, message.size() - open - 2);
  return is_code(code) ? std::string(code) : "";
}

}  // namespace wf::openai
