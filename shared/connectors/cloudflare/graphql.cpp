#include "shared/connectors/cloudflare/graphql.hpp"

#include <algorithm>
#include <utility>

#include "shared/base/text.hpp"

namespace wf::cloudflare {
namespace {

constexpr std::string_view endpoint = "https://api.cloudflare.com/client/v4/graphql";
// The rate limit counts the queries of five minutes.
constexpr std::int64_t rate_limit_rest_secs = 300;
constexpr std::int64_t century_secs = 100LL * 365 * 86'400;

struct Phrase {
  std::string_view part;
  Complaint complaint;
};
constexpr Phrase phrases[]{
    {"data older than", Complaint::too_old},      {"time range is too large", Complaint::too_much},
    {"excessive resources", Complaint::too_much}, {"rate limiter", Complaint::limited},
    {"too many requests", Complaint::limited},    {"not authorized", Complaint::credentials},
    {"not have access", Complaint::credentials},  {"unauthorized", Complaint::credentials},
    {"authentication", Complaint::credentials},   {"unknown field", Complaint::ours},
    {"error parsing args", Complaint::ours},      {"not greater than", Complaint::page_too_large},
    {"must be positive", Complaint::ours}};

std::string to_text(UnixSeconds time, bool as_day) {
  return as_day ? format_day(day_of(time)) : format_time(time);
}

// Of "cannot request data older than 2678400s". A number beyond a century is no limit, and would
// overflow the clock.
std::int64_t number_after(std::string_view message, std::string_view part) {
  const std::size_t at = message.find(part);
  if (at == std::string_view::npos) return 0;
  std::string_view rest = trim(message.substr(at + part.size()));
  const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
  const std::int64_t number = parse_int64(rest.substr(0, digits)).value_or(0);
  return number < century_secs ? number : 0;
}

bool is_about_settings(const Json& error) {
  const Json* path = find_array(error, "path");
  return path && std::any_of(path->begin(), path->end(),
                             [](const Json& step) { return as_string(step) == "settings"; });
}

std::string query_text(const Dataset& dataset, std::int64_t page_size, bool with_limits) {
  const std::string node(dataset.node);
  const std::string moment = dataset.of_zone() ? "Date" : "Time";
  const std::string filter =
      dataset.of_zone() ? "date_geq:$from,date_lt:$to"
                        : "datetime_geq:$from,datetime_lt:$to," + std::string(dataset.name_filter) + ":$name";
  const std::string scope =
      dataset.of_zone() ? "zones(filter:{zoneTag:$tag})" : "accounts(filter:{accountTag:$tag})";
  const std::string settings =
      with_limits ? "settings{" + node + "{maxDuration maxPageSize notOlderThan}} " : "";
  return "query($tag:string!," + std::string(dataset.of_zone() ? "" : "$name:string!,") + "$from:" + moment +
         "!,$to:" + moment + "!){viewer{" + scope + "{" + settings + node +
         "(limit:" + std::to_string(page_size) + ",filter:{" + filter + "},orderBy:[" +
         std::string(dataset.order) + "]){" + std::string(dataset.fields) + "}}}}";
}

}  // namespace

HttpRequest graphql_request(const Dataset& dataset, const Subject& subject, const Span& span,
                            std::int64_t page_size, bool with_limits) {
  HttpRequest request;
  request.method = "POST";
  request.url = std::string(endpoint);
  request.headers = {{"authorization", "Bearer {{secret:cloudflare.api_token}}"},
                     {"content-type", "application/json"},
                     {"user-agent", "webfluentia-edge"}};
  Json body = {{"query", query_text(dataset, page_size, with_limits)},
               {"variables",
                {{"tag", subject.tag},
                 {"from", to_text(span.from, dataset.of_zone())},
                 {"to", to_text(span.to, dataset.of_zone())}}}};
  if (!dataset.of_zone()) body["variables"]["name"] = subject.name;
  request.body = dump(body);
  return request;
}

std::optional<Refusal> read_refusal(const Json& body) {
  const Json* errors = find_array(body, "errors");
  if (!errors) return std::nullopt;
  for (const Json& error : *errors) {
    if (is_about_settings(error)) continue;
    const std::string message = to_lower(find_string(error, "message").value_or(""));
    for (const Phrase& phrase : phrases)
      if (contains(message, phrase.part))
        return Refusal{phrase.complaint, number_after(message, phrase.part)};
    return Refusal{};
  }
  return std::nullopt;
}

bool can_ask_for_less(const Refusal& refusal) {
  return refusal.complaint == Complaint::too_old || refusal.complaint == Complaint::too_much ||
         refusal.complaint == Complaint::page_too_large;
}

Error to_error(const Refusal& refusal, std::string_view who) {
  const std::string opening = std::string(who) + ": ";
  switch (refusal.complaint) {
    case Complaint::too_old:
      return {ErrorKind::ours, opening + "data was asked for that is no longer kept"};
    case Complaint::too_much:
      return {ErrorKind::data, opening + "the shortest window still holds more than a reply can"};
    case Complaint::limited:
      return {ErrorKind::rate_limit, opening + "too many queries", rate_limit_rest_secs};
    case Complaint::credentials:
      return {ErrorKind::credentials, opening + "the token may not read this"};
    case Complaint::page_too_large:
    case Complaint::ours:
      return {ErrorKind::ours, opening + "the query was refused"};
    case Complaint::other:
      break;
  }
  return {ErrorKind::provider, opening + "the query was not carried out"};
}

Limits read_limits(const Json& scope, const Dataset& dataset) {
  Limits limits = dataset.documented;
  const Json* settings = find_object(scope, "settings");
  const Json* node = settings ? find_object(*settings, dataset.node) : nullptr;
  if (!node) return limits;
  const auto read = [&](std::string_view key, std::chrono::seconds& limit) {
    const auto secs = find_int64(*node, key);
    if (secs && *secs > 0 && *secs < century_secs) limit = std::chrono::seconds(*secs);
  };
  read("maxDuration", limits.longest);
  read("notOlderThan", limits.kept);
  const auto rows = find_int64(*node, "maxPageSize");
  if (rows && *rows > 0) limits.page_size = std::min(limits.page_size, *rows);
  return limits;
}

}  // namespace wf::cloudflare
