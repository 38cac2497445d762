#pragma once
// What is asked of Stripe, and what its lists, objects and errors mean.

#include <string_view>

#include "shared/connectors/stripe/objects.hpp"
#include "shared/sync/connector.hpp"

namespace wf::stripe {

// An authorised GET of the API, in the pinned version. `path_and_query` begins with "/v1/".
HttpRequest get(std::string_view path_and_query);

// One page of a list. https://docs.stripe.com/api/pagination
HttpRequest list_all(const ObjectKind& kind, const Query& query);
// Only objects with `created` in the window, both ends inclusive.
HttpRequest list_window(const ObjectKind& kind, const Query& query);
void add_window(UrlBuilder& url, const Window& window);
void add_page(UrlBuilder& url, const Json& after);

struct List {
  Json data;                 // an array of objects
  std::optional<Json> next;  // position of the next page
};
Result<List> read_list(const HttpReply& reply, std::string_view who);

// Rows of one table from a list of its objects.
Result<Page> parse_objects(const HttpReply& reply, const ObjectKind& kind, UnixSeconds source_at);

std::optional<HttpRequest> fetch_object(const ObjectRef& ref);
Result<Page> parse_fetched_object(const ObjectRef& ref, const HttpReply& reply, UnixSeconds source_at);

// https://docs.stripe.com/api/errors
Problem explain(const HttpReply& reply, Problem general);

}  // namespace wf::stripe
