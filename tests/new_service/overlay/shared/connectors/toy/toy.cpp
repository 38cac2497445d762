#include "shared/connectors/toy/toy.hpp"

#include <array>
#include <utility>

#include "shared/base/text.hpp"
#include "shared/connectors/row_reader.hpp"

namespace wf::toy {
namespace {

constexpr std::string_view who = "toy orders";

constexpr RowTable columns(R"(
id text!
amount integer!
currency text!
created unix_time!
)");

HttpRequest orders_request(const Query& query) {
  UrlBuilder url("https://api.toy.example/v1/orders");
  url.add("from", to_unix(query.window.from)).add("to", to_unix(query.window.to));
  if (const auto after = as_string(query.position)) url.add("after", *after);
  HttpRequest request;
  request.url = url.take();
  request.headers = {{"authorization", "Bearer {{secret:toy.api_key}}"}};
  return request;
}

Result<Page> parse_orders(const HttpReply& reply, const Query&, UnixSeconds source_at) {
  auto body = parse_json(reply.body, who);
  if (!body) return tl::unexpected<Error>(std::move(body.error()));
  const Json* orders = find_array(*body, "orders");
  if (!orders) return fail(ErrorKind::data, std::string(who) + ": missing orders");
  Page page{.items = orders->size()};
  RowBatch batch{"toy_orders", {}};
  for (const Json& order : *orders) {
    auto row = RowReader(order, who).columns(columns).set_time("source_at", source_at).take();
    if (!row) return tl::unexpected<Error>(std::move(row.error()));
    const UnixSeconds created = from_unix(find_int64(order, "created").value_or(0));
    if (!page.newest || created > *page.newest) page.newest = created;
    batch.rows.push_back(*std::move(row));
  }
  if (!batch.rows.empty()) page.batches.push_back(std::move(batch));
  const auto next = allow_string(*body, "next", who);
  if (!next) return tl::unexpected<Error>(next.error());
  if (*next) page.next = **next;
  return page;
}

constexpr std::array streams{Stream{.id = "orders",
                                    .first_sync = std::chrono::days(30),
                                    .overlap = std::chrono::hours(24),
                                    .request = orders_request,
                                    .parse = parse_orders}};

}  // namespace

constinit const Connector connector{.service = "toy", .streams = streams};

}  // namespace wf::toy
