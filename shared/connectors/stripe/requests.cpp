#include "shared/connectors/stripe/requests.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"

namespace wf::stripe {
namespace {

constexpr std::string_view origin = "https://api.stripe.com";
constexpr std::string_view version = "2026-07-29.dahlia";
constexpr std::int64_t page_size = 100;  // the most that Stripe gives

void note_newest_and_oldest(Page& page, const Json& object) {
  const auto created = find_int64(object, "created");
  if (!created) return;
  note_newest(page, from_unix(*created));
  note_oldest(page, from_unix(*created));
}

UrlBuilder list_url(const ObjectKind& kind, const Query& query) {
  UrlBuilder url{std::string(kind.path)};
  add_page(url, query.position);
  if (!kind.expand.empty()) url.add("expand[]", concat({"data.", kind.expand}));
  return url;
}

}  // namespace

HttpRequest get(std::string_view path_and_query) {
  HttpRequest request = bearer_request(concat({origin, path_and_query}), "stripe.secret_key");
  add_header(request.headers, "stripe-version", version);
  return request;
}

void add_page(UrlBuilder& url, const Json& after) {
  url.add("limit", page_size);
  if (const auto id = text_of(after); !id.empty()) url.add("starting_after", id);
}

void add_window(UrlBuilder& url, const Window& window) {
  url.add("created[gte]", to_unix(window.from)).add("created[lte]", to_unix(window.to));
}

HttpRequest list_all(const ObjectKind& kind, const Query& query) {
  UrlBuilder url = list_url(kind, query);
  return get(url.take());
}

HttpRequest list_window(const ObjectKind& kind, const Query& query) {
  UrlBuilder url = list_url(kind, query);
  add_window(url, query.window);
  return get(url.take());
}

Result<List> read_list(const HttpReply& reply, std::string_view who) {
  auto body = parse_json(reply.body, who);
  if (!body) return tl::unexpected<Error>(std::move(body.error()));
  const Json* data = find_array(*body, "data");
  if (!data) return fail(ErrorKind::data, {who, ": the reply is not a list"});
  const auto has_more = require_bool(*body, "has_more", who);
  if (!has_more) return tl::unexpected<Error>(has_more.error());
  List list{*data, std::nullopt};
  // An empty page ends the list whatever has_more says: there is no id to go on from.
  if (!*has_more || list.data.empty()) return list;
  const auto last = require_string(list.data.back(), "id", who);
  if (!last) return tl::unexpected<Error>(last.error());
  list.next = *last;
  return list;
}

Result<Page> parse_objects(const HttpReply& reply, const ObjectKind& kind, UnixSeconds source_at) {
  auto list = read_list(reply, kind.who);
  if (!list) return tl::unexpected<Error>(std::move(list.error()));
  Page page{.items = list->data.size(), .next = std::move(list->next)};
  for (const Json& object : list->data) {
    auto row = read_row(kind, object, source_at);
    if (!row) return tl::unexpected<Error>(std::move(row.error()));
    note_newest_and_oldest(page, object);
    add_row(page.batches, kind.table, *std::move(row));
  }
  return page;
}

std::optional<HttpRequest> fetch_object(const ObjectRef& ref) {
  const ObjectKind* kind = find_kind_of_table(ref.table);
  if (!kind || ref.id.empty()) return std::nullopt;
  UrlBuilder url(concat({kind->path, "/", percent_encode(ref.id)}));
  // https://docs.stripe.com/expand
  if (!kind->expand.empty()) url.add("expand[]", kind->expand);
  return get(url.take());
}

Result<Page> parse_fetched_object(const ObjectRef& ref, const HttpReply& reply, UnixSeconds source_at) {
  const ObjectKind* kind = find_kind_of_table(ref.table);
  if (!kind) return fail(ErrorKind::ours, {"stripe: no object belongs to ", ref.table});
  auto object = parse_json(reply.body, kind->who);
  if (!object) return tl::unexpected<Error>(std::move(object.error()));
  auto row = read_row(*kind, *object, source_at);
  if (!row) return tl::unexpected<Error>(std::move(row.error()));
  Page page{.items = 1};
  add_row(page.batches, ref.table, *std::move(row));
  return page;
}

Problem explain(const HttpReply& reply, Problem general) {
  const std::string_view should_retry = header(reply.headers, "stripe-should-retry");
  if (should_retry == "true") {
    general.remedy = Remedy::retry;
    if (reply.status != 429) general.error.kind = ErrorKind::provider;
  } else if (should_retry == "false" && reply.status != 429 && general.remedy == Remedy::retry) {
    general.remedy = Remedy::give_up;
  }
  const Json body = json_or_null(reply.body);
  const Json* error = find_object(body, "error");
  if (!error) return general;
  std::string_view code = find_text(*error, "code");
  if (code.empty()) code = find_text(*error, "type");
  // A provider's code may go into a message that people read; its free text may not.
  if (is_code(code)) general.error.message += concat({" (", code, ")"});
  // The object that a page began after was deleted: its place in the list is lost.
  if (code == "resource_missing" && find_text(*error, "param") == "starting_after")
    general.remedy = Remedy::restart_scan;
  return general;
}

}  // namespace wf::stripe
