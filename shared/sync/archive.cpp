#include "shared/sync/archive.hpp"

#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"

namespace wf {
namespace {

constexpr std::string_view member = "page";  // its value is JSON, in ASCII as metadata must be

// R2 allows more; the host may lengthen a value when it takes a secret out of it.
constexpr std::size_t most_metadata_bytes = 2000;

Json ids_of(const Json& ids, std::string_view service) {
  JsonObject own;
  const std::string prefix = concat({service, "."});
  for (const auto& [name, value] : members(ids))
    if (starts_with(name, prefix)) own.json(name, value);
  return own.take();
}

}  // namespace

std::string object_key(const ArchiveKey& key) {
  if (!key.is_page()) return concat({"webhooks/", key.owner, "/", key.service, "/", key.delivery_key});
  return concat({"raw/", key.owner, "/", key.service, "/", key.stream, "/", key.run_id, "/",
                 decimal(key.page), ".json"});
}

std::optional<ArchiveKey> read_object_key(std::string_view text) {
  const auto parts = split(text, '/');
  if (parts.size() < 4) return std::nullopt;
  ArchiveKey key{.owner = parts[1], .service = parts[2]};
  if (parts[0] == "webhooks") {
    key.delivery_key = text.substr(static_cast<std::size_t>(parts[3].data() - text.data()));
  } else if (parts.size() == 6) {
    key.stream = parts[3];
    key.run_id = parts[4];
    key.page = parse_int64(parts[5].substr(0, parts[5].find('.'))).value_or(0);
  }
  if (key.is_page() && key.page <= 0) return std::nullopt;
  // Written out again it must be the same text: nothing else is a key of ours.
  return object_key(key) == text ? std::optional(key) : std::nullopt;
}

void blank(std::string& json, std::string_view name) {
  if (name.empty()) return;
  const std::string key = concat({"\"", name, "\""});
  for (std::size_t at = json.find(key); at != std::string::npos; at = json.find(key, at)) {
    at = json.find_first_not_of(" \t\r\n:", at + key.size());
    if (at == std::string::npos || json[at] != '"') continue;
    for (++at; at < json.size() && json[at] != '"'; ++at) {
      if (json[at] == '\\' && at + 1 < json.size()) json[at++] = '*';
      json[at] = '*';
    }
  }
}

Json page_metadata(std::string_view service, const HttpReply& reply, const Query& query,
                   UnixSeconds source_at) {
  JsonObject page;
  page.time("from", query.window.from)
      .time("to", query.window.to)
      .text("partition", query.partition)
      .json("position", query.position)
      .flag("again", query.again)
      .json("ids", ids_of(query.ids, service))
      .number("status", reply.status)
      .number("elapsed_ms", reply.elapsed_ms)
      .time("source_at", source_at);
  return JsonObject().text(member, dump_ascii(page.take())).take();
}

std::optional<ArchivedPage> read_page_metadata(const Json& metadata) {
  const auto page = parse_json(find_text(metadata, member), member);
  if (!page) return std::nullopt;
  const auto from = find_time(*page, "from");
  const auto to = find_time(*page, "to");
  const auto source_at = find_time(*page, "source_at");
  if (!from || !to || !source_at) return std::nullopt;
  ArchivedPage archived{{}, {.window = {*from, *to}}, *source_at};
  archived.query.partition = find_text(*page, "partition");
  if (const Json* position = find(*page, "position")) archived.query.position = *position;
  archived.query.again = is_true(*page, "again");
  if (const Json* ids = find(*page, "ids")) archived.query.ids = *ids;
  archived.reply.status = static_cast<int>(find_int64(*page, "status").value_or(0));
  archived.reply.elapsed_ms = find_int64(*page, "elapsed_ms").value_or(0);
  return archived;
}

bool is_too_long(const Json& metadata) { return find_text(metadata, member).size() > most_metadata_bytes; }

std::string sidecar_key(std::string_view key) { return concat({key, ".meta.json"}); }
Json in_sidecar() { return JsonObject().text("sidecar", "true").take(); }
bool is_in_sidecar(const Json& metadata) { return find(metadata, "sidecar") != nullptr; }

}  // namespace wf
