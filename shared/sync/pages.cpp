#include "shared/sync/pages.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "shared/sync/json_object.hpp"
#include "shared/sync/policy.hpp"

namespace wf {

std::string with_tables(const Json& object, const std::vector<RowBatch>& batches) {
  std::string text = dump(object);
  std::size_t size = text.size();
  for (const RowBatch& batch : batches) size += batch.text.size() + 1024;
  text.reserve(size);
  text.back() = ',';
  text += "\"tables\":[";
  for (const RowBatch& batch : batches) {
    if (text.back() != '[') text += ',';
    text += "{\"table\":" + dump(batch.table);
    if (batch.common.is_object()) text += ",\"common\":" + dump(batch.common);
    text += ",\"rows\":[";
    text += batch.text;
    for (const Json& row : batch.rows) {
      if (text.back() != '[') text += ',';
      text += dump(row);
    }
    text += "]}";
  }
  return text += "]}";
}

void append(std::vector<RowBatch>& batches, std::vector<RowBatch> more) {
  for (RowBatch& batch : more) {
    const auto same = std::find_if(batches.begin(), batches.end(),
                                   [&](const RowBatch& known) { return known.table == batch.table; });
    if (same == batches.end())
      batches.push_back(std::move(batch));
    else
      std::move(batch.rows.begin(), batch.rows.end(), std::back_inserter(same->rows));
  }
}

std::vector<ObjectRef> read_refs(const Json& object, std::string_view key) {
  std::vector<ObjectRef> refs;
  const Json* array = find_array(object, key);
  if (!array) return refs;
  for (const Json& item : *array) {
    auto table = find_string(item, "table");
    auto id = find_string(item, "id");
    if (table && id) refs.push_back({*std::move(table), *std::move(id)});
  }
  return refs;
}

Json to_json(const std::vector<ObjectRef>& refs) {
  Json array = Json::array();
  for (const ObjectRef& ref : refs)
    array.push_back(JsonObject().text("table", ref.table).text("id", ref.id).take());
  return array;
}

tl::expected<std::vector<RowBatch>, Problem> read_object(const Connector& connector, const ObjectRef& ref,
                                                         const EffectResult& result, UnixSeconds now) {
  const std::string who = std::string(connector.service) + " " + ref.table;
  const auto* reply = std::get_if<HttpReply>(&result);
  if (reply && reply->status == 404) return std::vector<RowBatch>{};
  if (!reply || !is_success(*reply)) return tl::unexpected<Problem>(classify(connector, who, result, now));
  auto page = connector.parse_object(ref, *reply, source_time(*reply, now));
  if (!page) return tl::unexpected<Problem>(unreadable(std::move(page.error())));
  return std::move(page->batches);
}

}  // namespace wf
