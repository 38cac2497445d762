#include "shared/connectors/meta/graph.hpp"

#include <algorithm>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"

namespace wf::meta {
namespace {

constexpr std::string_view origin = "https://graph.facebook.com/";
constexpr std::int64_t minute = 60;
constexpr std::int64_t hour = 3600;
constexpr std::int64_t most_minutes = 24 * 60;  // whatever Meta asks for
constexpr std::int64_t slow_from_percent = 75;
constexpr std::int64_t stop_from_percent = 95;
constexpr std::int64_t no_such_object = 33;  // error_subcode of code 100

struct Meaning {
  int from;
  int to;
  ErrorKind kind;
  Remedy remedy;
  std::string_view words;
};

constexpr std::string_view limited = "too many calls";
constexpr std::string_view dead_token =
    "the access token has expired or was withdrawn; the account manager makes a new meta.access_token";
constexpr std::string_view not_permitted = "the access token lacks a permission for this";

// "Media posted before business account conversion": of a page of posts with one of them no figure is told.
constexpr std::int64_t before_business = 2108006;

constexpr std::array meanings{
    Meaning{190, 190, ErrorKind::credentials, Remedy::read, dead_token},
    Meaning{102, 102, ErrorKind::credentials, Remedy::give_up, dead_token},
    Meaning{2500, 2500, ErrorKind::credentials, Remedy::give_up, dead_token},
    Meaning{4, 4, ErrorKind::rate_limit, Remedy::retry, limited},
    Meaning{17, 17, ErrorKind::rate_limit, Remedy::retry, limited},
    Meaning{32, 32, ErrorKind::rate_limit, Remedy::retry, limited},
    Meaning{341, 341, ErrorKind::rate_limit, Remedy::retry, limited},
    Meaning{613, 613, ErrorKind::rate_limit, Remedy::retry, limited},
    Meaning{80'000, 80'014, ErrorKind::rate_limit, Remedy::retry, limited},
    Meaning{1, 2, ErrorKind::provider, Remedy::retry_then_read, "Meta has a problem on its side"},
    Meaning{3, 3, ErrorKind::configuration, Remedy::read, not_permitted},
    Meaning{10, 10, ErrorKind::configuration, Remedy::read, not_permitted},
    Meaning{200, 299, ErrorKind::configuration, Remedy::read, not_permitted},
    Meaning{101, 101, ErrorKind::configuration, Remedy::read, "Meta does not know the app"},
    Meaning{100, 100, ErrorKind::ours, Remedy::read, "there is no such metric or field"},
    Meaning{2642, 2642, ErrorKind::ours, Remedy::restart_scan, "the list has changed"},
    Meaning{368, 368, ErrorKind::configuration, Remedy::give_up, "Meta has blocked this for its policies"},
};

struct GraphError {
  std::int64_t code = 0;
  std::int64_t subcode = 0;
  bool transient = false;
  bool of_proof = false;
  bool of_another_kind = false;
};

// A field that only a Page or only an account has, asked of something else; what is said of a Page without
// its own token.
bool is_of_another_kind(std::string_view message) {
  const bool of_else = contains(message, "node type (Page)") || contains(message, "node type (User)");
  return (of_else && contains(message, "field (media_count)")) || contains(message, "field (access_token)") ||
         contains(message, "a Page Access Token");
}

std::optional<GraphError> read_error(const HttpReply& reply) {
  const Json body = json_or_null(reply.body);
  const Json* error = find_object(body, "error");
  if (!error) return std::nullopt;
  const std::string_view message = find_text(*error, "message");
  return GraphError{.code = find_int64(*error, "code").value_or(0),
                    .subcode = find_int64(*error, "error_subcode").value_or(0),
                    .transient = is_true(*error, "is_transient"),
                    .of_proof = contains(message, "appsecret_proof"),
                    .of_another_kind = is_of_another_kind(message)};
}

constexpr Meaning wrong_proof{0, 0, ErrorKind::configuration, Remedy::give_up,
                              "meta.app_secret is missing, or not of the app that the token is for"};
constexpr Meaning wrong_object{0, 0, ErrorKind::configuration, Remedy::give_up,
                               "there is no such Page or account, or the token may not see it"};
constexpr Meaning another_kind{
    0, 0, ErrorKind::configuration, Remedy::read,
    "the id is of something else: meta.page_id is a Page's, meta.instagram_id an account's"};
constexpr Meaning passing{0, 0, ErrorKind::provider, Remedy::retry_then_read, "Meta says that it will pass"};

const Meaning* meaning_of(const GraphError& error) {
  if (error.of_proof) return &wrong_proof;
  if (error.of_another_kind) return &another_kind;
  if (error.code == 100 && error.subcode == no_such_object) return &wrong_object;
  for (const Meaning& meaning : meanings) {
    const bool is_it = error.code >= meaning.from && error.code <= meaning.to;
    // A limit that is called transient still takes its hour.
    if (is_it && (meaning.kind == ErrorKind::rate_limit || !error.transient)) return &meaning;
  }
  return error.transient ? &passing : nullptr;
}

struct Usage {
  std::int64_t percent = 0;
  std::int64_t minutes_until_room = 0;
};

void add_usage(Usage& usage, const Json& counts) {
  for (const std::string_view member : {"call_count", "total_time", "total_cputime"}) {
    const Json* value = find(counts, member);
    const double percent = value ? as_double(*value).value_or(0) : 0;
    if (percent > 0 && percent < 1e6) usage.percent = std::max(usage.percent, std::int64_t(percent));
  }
  usage.minutes_until_room =
      std::max(usage.minutes_until_room, find_int64(counts, "estimated_time_to_regain_access").value_or(0));
}

// {"call_count":28,...} of the app; {"<business id>":[{"type":"pages","call_count":1,...}]} of a use case.
Usage read_usage(const HttpReply& reply) {
  Usage usage;
  add_usage(usage, json_or_null(header(reply.headers, "x-app-usage")));
  const Json cases = json_or_null(header(reply.headers, "x-business-use-case-usage"));
  const auto* lists = cases.get_ptr<const Json::object_t*>();
  if (!lists) return usage;
  for (const auto& [business, list] : *lists)
    for (const Json& counts : list_in(cases, business)) add_usage(usage, counts);
  return usage;
}

std::int64_t wait_for(const Usage& usage) {
  return usage.minutes_until_room > 0 ? std::min(usage.minutes_until_room, most_minutes) * minute : hour;
}

HttpRequest call(std::string_view path_and_query, std::string_view bearer) {
  HttpRequest request;
  request.url = concat({origin, graph_version, "/", path_and_query});
  add_header(request.headers, "authorization", concat({"Bearer ", bearer}));
  return request;
}

Sign proof_of(const Credential& credential) {
  return {.algorithm = "hmac-sha256",
          .secret = "meta.app_secret",
          .message = placeholder(credential.token),
          .captured = std::string(credential.proof)};
}

// The id at that place of one, or of a list of them; empty when there is none.
std::string_view page_id_at(const Json& ids, std::size_t place) {
  const std::string_view only = find_text(ids, "meta.page_id");
  if (!only.empty()) return place == 0 ? only : std::string_view();
  const auto all = list_in(ids, "meta.page_id");
  return place < all.size() ? text_of(all[place]) : std::string_view();
}

}  // namespace

const Credential& page_credential(const Json& ids, std::string_view page_id) {
  for (std::size_t place = 0; place < page_credentials.size(); ++place)
    if (page_id_at(ids, place) == page_id) return page_credentials[place];
  return owner;
}

HttpRequest graph_request(std::string_view path_and_query, const Credential& credential) {
  return call(concat({path_and_query, contains(path_and_query, "?") ? "&" : "?",
                      "appsecret_proof=", placeholder(credential.proof)}),
              placeholder(credential.token));
}

HttpRequest token_request(const Json& ids) {
  const std::string path = concat({"debug_token?input_token=", placeholder(owner.token)});
  const std::string_view app_id = find_text(ids, "meta.app_id");
  return app_id.empty() ? graph_request(path, owner)
                        : call(path, concat({percent_encode(app_id), "|", placeholder("meta.app_secret")}));
}

std::vector<GrantStep> access_proof_steps() {
  std::vector<GrantStep> steps;
  steps.push_back(proof_of(owner));
  return steps;
}

std::vector<GrantStep> page_token_steps(const Json& ids, std::size_t place) {
  const std::string_view id = page_id_at(ids, place);
  if (id.empty()) return {};
  HttpRequest ask = graph_request(concat({percent_encode(id), "?fields=access_token"}), owner);
  ask.capture = Capture{.name = std::string(page_credentials[place].token)};
  std::vector<GrantStep> steps = access_proof_steps();
  steps.push_back(std::move(ask));
  // The proof is made with the token, so that it never belongs to the one before.
  steps.push_back(proof_of(page_credentials[place]));
  return steps;
}

Problem explain(const HttpReply& reply, Problem general) {
  const auto error = read_error(reply);
  if (!error) return general;
  const std::string subcode = error->subcode != 0 ? "/" + decimal(error->subcode) : std::string();
  const Meaning* meaning = meaning_of(*error);
  general.error.message = concat({general.error.message, " (", decimal(error->code), subcode, ")",
                                  meaning ? ": " : "", meaning ? meaning->words : ""});
  if (!meaning) return general;
  general.error.kind = meaning->kind;
  general.remedy = meaning->remedy;
  if (meaning->kind == ErrorKind::rate_limit) general.error.retry_after_secs = wait_for(read_usage(reply));
  return general;
}

bool is_unknown_field(const HttpReply& reply) {
  const auto error = is_success(reply) ? std::nullopt : read_error(reply);
  return error && error->code == 100 && !error->of_another_kind;
}

bool is_not_permitted(const HttpReply& reply) {
  const auto error = read_error(reply);
  const Meaning* meaning = error ? meaning_of(*error) : nullptr;
  return meaning && meaning->words == not_permitted;
}

bool may_be_of_one(const HttpReply& reply) {
  const auto error = read_error(reply);
  const Meaning* meaning = error ? meaning_of(*error) : nullptr;
  return is_not_permitted(reply) || (meaning && meaning->kind == ErrorKind::provider);
}

bool is_before_business(const HttpReply& reply) {
  const auto error = read_error(reply);
  return error && error->subcode == before_business;
}

Error refusal(const HttpReply& reply, std::string_view who) {
  return explain(reply, {{ErrorKind::ours, concat({who, ": refused"})}}).error;
}

std::int64_t rest_after(const HttpReply& reply) {
  const Usage usage = read_usage(reply);
  if (usage.percent >= stop_from_percent || usage.minutes_until_room > 0) return wait_for(usage);
  return usage.percent >= slow_from_percent ? minute : 0;
}

Result<Json> read_data(const HttpReply& reply, std::string_view who) {
  auto body = parse_json(reply.body, who);
  if (!body) return tl::unexpected<Error>(body.error());
  if (!find_array(*body, "data")) return fail(ErrorKind::data, {who, ": data is not a list"});
  return body;
}

Result<void> check_id(const Query& query, std::string_view who, bool is_page) {
  const std::string_view id = query.partition;
  bool digits = !id.empty();
  for (const char c : id) digits = digits && c >= '0' && c <= '9';
  if (!digits) return fail(ErrorKind::configuration, {who, ": the id is not a number"});
  // With the owner's token Meta would call the token refused.
  if (is_page && page_credential(query.ids, id).token == owner.token)
    return fail(ErrorKind::configuration,
                {who, ": a workspace has ", decimal(page_credentials.size()), " Pages at most"});
  return {};
}

}  // namespace wf::meta
