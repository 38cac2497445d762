#pragma once
// The archive: where the raw bytes of everything received are kept, and what is kept beside a page's
// bytes so that the parser of a later day can read them again (replay_flow.hpp).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/sync/connector.hpp"

namespace wf {

// raw/<client_id>/<service>/<stream>/<run_id>/<page>.json, webhooks/<slug>/<service>/<delivery_key>
struct ArchiveKey {
  std::string_view owner;  // of a page the client_id, of a delivery the workspace's slug
  std::string_view service;
  std::string_view stream;  // of a page, as are run_id and page
  std::string_view run_id;
  std::int64_t page = 0;
  std::string_view delivery_key;  // of a delivery; empty: a page

  bool is_page() const { return delivery_key.empty(); }
};

std::string object_key(const ArchiveKey& key);
// Views of `text`.
std::optional<ArchiveKey> read_object_key(std::string_view text);

struct ArchivedPage {
  HttpReply reply;  // without its headers and its body
  Query query;      // without the client_id, which is in the key
  UnixSeconds source_at;
};

// Each text of the member `name` becomes asterisks, as many; an empty name is no member.
void blank(std::string& json, std::string_view name);

// What is put beside the bytes of a page: PutObject::metadata. Only the service's own account ids.
Json page_metadata(std::string_view service, const HttpReply& reply, const Query& query,
                   UnixSeconds source_at);
// None: kept before pages had metadata, or of another shape.
std::optional<ArchivedPage> read_page_metadata(const Json& metadata);

// R2 takes little metadata. What is too long for it, as a position that lists many windows, is an object of
// its own beside the page, and the page's metadata says so.
bool is_too_long(const Json& metadata);
std::string sidecar_key(std::string_view key);
Json in_sidecar();
bool is_in_sidecar(const Json& metadata);

}  // namespace wf
