#include "shared/sync/pages.hpp"

#include <string>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/sync/policy.hpp"

namespace wf {

namespace {

// The object with one more member: a list, which is left open.
std::string with_open_list(const Json& object, std::string_view name) {
  std::string text = dump(object);
  text.back() = ',';
  return concat({text, "\"", name, "\":["});
}

}  // namespace

std::string with_tables(const Json& object, const std::vector<RowBatch>& batches) {
  std::string text = with_open_list(object, "tables");
  std::size_t size = text.size();
  for (const RowBatch& batch : batches) size += batch.text.size() + 1024;
  text.reserve(size);
  for (const RowBatch& batch : batches) {
    if (text.back() != '[') text += ',';
    JsonObject table;
    table.text("table", batch.table);
    if (batch.common.is_object()) table.json("common", batch.common);
    text += with_open_list(table, "rows");
    text += batch.text;
    for (const Json& row : batch.rows) {
      if (text.back() != '[') text += ',';
      text += dump(row);
    }
    text += "]}";
  }
  text += "]}";
  return text;  // itself, with its room: it is megabytes, and the call is written around it
}

void add_row(std::vector<RowBatch>& batches, std::string_view table, Json row) {
  for (RowBatch& batch : batches)
    if (batch.table == table) return batch.rows.push_back(std::move(row));
  batches.push_back({.table = std::string(table), .rows = {}});
  batches.back().rows.push_back(std::move(row));
}

void append(std::vector<RowBatch>& batches, std::vector<RowBatch> more) {
  for (RowBatch& batch : more)
    for (Json& row : batch.rows) add_row(batches, batch.table, std::move(row));
}

std::vector<ObjectRef> read_refs(const Json& object, std::string_view key) {
  std::vector<ObjectRef> refs;
  for (const Json& item : list_in(object, key)) {
    ObjectRef ref{text_in(item, "table"), text_in(item, "id")};
    if (!ref.table.empty() && !ref.id.empty()) refs.push_back(std::move(ref));
  }
  return refs;
}

Json to_json(const std::vector<ObjectRef>& refs) {
  Json array = empty_list();
  for (const ObjectRef& ref : refs)
    array.push_back(JsonObject().text("table", ref.table).text("id", ref.id).take());
  return array;
}

Json to_json(const std::vector<ReceivedEvent>& events, std::string_view object_key) {
  Json deliveries = empty_list();
  for (const ReceivedEvent& event : events)
    deliveries.push_back(JsonObject()
                             .text("key", event.key)
                             .text("event_type", event.event_type)
                             .text("object_key", object_key)
                             .take());
  return deliveries;
}

tl::expected<std::vector<RowBatch>, Problem> read_object(const Connector& connector, const ObjectRef& ref,
                                                         const EffectResult& result, UnixSeconds now) {
  const auto* reply = std::get_if<HttpReply>(&result);
  if (reply && reply->status == 404) return std::vector<RowBatch>{};
  if (!reply || !is_success(*reply))
    return tl::unexpected<Problem>(
        classify(connector, concat({connector.service, " ", ref.table}), result, now));
  // As old as the question; a second begun does not count, or what settles a tie of that second would be
  // older than it.
  const UnixSeconds asked_at = source_time(*reply, now) - std::chrono::seconds{reply->elapsed_ms / 1000};
  auto page = connector.parse_object(ref, *reply, asked_at);
  if (!page) return tl::unexpected<Problem>(unreadable(std::move(page.error())));
  return std::move(page->batches);
}

}  // namespace wf
