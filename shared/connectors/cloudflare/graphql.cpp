#include "shared/connectors/cloudflare/graphql.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"

namespace wf::cloudflare {
namespace {

// The rate limit counts the queries of five minutes.
constexpr std::int64_t rate_limit_rest_secs = 300;
constexpr std::int64_t century_secs = 100LL * 365 * 86'400;

constexpr std::string_view account_opening =
    "query($tag:string!,$name:string!,$from:Time!,$to:Time!){viewer{accounts(filter:{accountTag:$tag}){";
constexpr std::string_view zone_opening =
    "query($tag:string!,$from:Date!,$to:Date!){viewer{zones(filter:{zoneTag:$tag}){";

struct Phrase {
  std::string_view part;
  Complaint complaint;
};
constexpr Phrase phrases[]{
    {"data older than", Complaint::too_old},
    {"time range is too large", Complaint::too_much},
    {"time range wider than", Complaint::too_much},
    {"excessive resources", Complaint::too_much},
    {"rate limiter", Complaint::limited},
    {"too many requests", Complaint::limited},
    {"not authorized", Complaint::credentials},
    {"not have access", Complaint::credentials},
    {"unauthorized", Complaint::credentials},
    {"authenticat", Complaint::credentials},
    {"unknown field", Complaint::ours},
    {"invalid request headers", Complaint::credentials},  // of a token that is none, such as one cut short

    {"error parsing args", Complaint::ours},
    {"not greater than", Complaint::page_too_large},
    {"must be positive", Complaint::ours}};

struct Meaning {
  ErrorKind kind;
  std::string_view words;
};
// In the order of the enumeration.
constexpr std::array<Meaning, 8> meanings{
    Meaning{ErrorKind::provider, ""},
    Meaning{ErrorKind::provider, ": the query was not carried out"},
    Meaning{ErrorKind::ours, ": data was asked for that is no longer kept"},
    Meaning{ErrorKind::data, ": the shortest window holds more than a reply can"},
    Meaning{ErrorKind::ours, ": the query was refused"},
    Meaning{ErrorKind::rate_limit, ": too many queries"},
    Meaning{ErrorKind::credentials, ": the token may not read this, or the id is wrong"},
    Meaning{ErrorKind::ours, ": the query was refused"}};

// Of " 10000"; of a time " 2678400s" and " 12w6d, but", in seconds, and 0 without units that are known. What
// is beyond a century is no limit, and would overflow the clock.
std::int64_t leading_amount(std::string_view text, bool is_time) {
  constexpr std::string_view units = "smhdw";
  constexpr std::array<std::int64_t, 5> unit_secs{1, 60, 3600, 86'400, 604'800};
  std::int64_t total = 0;
  std::int64_t number = 0;
  for (const char c : trim(text)) {
    if (c >= '0' && c <= '9') {
      number = number * 10 + (c - '0');
    } else {
      const std::size_t unit = units.find(c);
      if (!is_time || number == 0 || unit == std::string_view::npos) break;
      total += std::exchange(number, 0) * unit_secs.at(unit);
    }
    if (number >= century_secs || total >= century_secs) return 0;
  }
  return is_time ? total : number;
}

bool is_about_settings(const Json& error) {
  for (const Json& step : list_in(error, "path"))
    if (text_of(step) == "settings") return true;
  return false;
}

std::string query_text(const Dataset& dataset, const Plan& plan) {
  std::string settings;
  if (plan.is_new) settings = concat({"settings{", dataset.node, "{maxDuration maxPageSize notOlderThan}} "});
  return concat({dataset.of_zone ? zone_opening : account_opening, settings, dataset.node,
                 "(limit:", decimal(plan.page_size), dataset.query, "}}}}"});
}

std::string to_text(const Dataset& dataset, UnixSeconds time) {
  return dataset.of_zone ? format_day(day_of(time)) : format_time(time);
}

std::int64_t limit_in(const Json& settings, std::string_view key, std::int64_t documented) {
  const std::int64_t limit = find_int64(settings, key).value_or(0);
  return limit > 0 && limit < century_secs ? limit : documented;
}

}  // namespace

std::string_view tag_of(const Dataset& dataset, const Query& query) {
  return dataset.of_zone ? query.partition : find_text(query.ids, "cloudflare.account_id");
}

HttpRequest graphql_request(const Dataset& dataset, const Query& query, const Plan& plan) {
  HttpRequest request =
      bearer_request("https://api.cloudflare.com/client/v4/graphql", "cloudflare.api_token");
  JsonObject variables;
  variables.text("tag", tag_of(dataset, query))
      .text("from", to_text(dataset, plan.first.from))
      .text("to", to_text(dataset, plan.first.to));
  if (!dataset.of_zone) variables.text("name", query.partition);
  put_json(request,
           dump(JsonObject().text("query", query_text(dataset, plan)).json("variables", variables.take())));
  return request;
}

Refusal read_refusal(const Json& body) {
  for (const Json& error : list_in(body, "errors")) {
    if (is_about_settings(error)) continue;
    const std::string message = to_lower(find_text(error, "message"));
    for (const Phrase& phrase : phrases) {
      const std::size_t at = message.find(phrase.part);
      if (at == std::string::npos) continue;
      const auto rest = std::string_view(message).substr(at + phrase.part.size());
      return {phrase.complaint, leading_amount(rest, phrase.complaint == Complaint::too_old)};
    }
    return {Complaint::other};
  }
  return {};
}

bool can_ask_for_less(const Refusal& refusal) {
  return refusal.complaint == Complaint::too_old || refusal.complaint == Complaint::too_much ||
         refusal.complaint == Complaint::page_too_large;
}

tl::unexpected<Error> to_error(Complaint complaint, std::string_view who) {
  const Meaning& meaning = meanings[static_cast<std::size_t>(complaint)];
  std::optional<std::int64_t> rest;
  if (complaint == Complaint::limited) rest = rate_limit_rest_secs;
  return fail(meaning.kind, concat({who, meaning.words}), rest);
}

Limits read_limits(const Json* scope, const Dataset& dataset) {
  Limits limits = dataset.documented;
  const Json* settings = scope ? find_object(*scope, "settings") : nullptr;
  const Json* node = settings ? find_object(*settings, dataset.node) : nullptr;
  if (!node) return limits;
  limits.longest = std::chrono::seconds(limit_in(*node, "maxDuration", limits.longest.count()));
  limits.kept = std::chrono::seconds(limit_in(*node, "notOlderThan", limits.kept.count()));
  limits.page_size = std::min(limits.page_size, limit_in(*node, "maxPageSize", limits.page_size));
  return limits;
}

}  // namespace wf::cloudflare
