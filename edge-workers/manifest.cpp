#include <array>

#include "edge-workers/edge.hpp"
#include "shared/base/json_object.hpp"
#include "shared/domain/catalogue.hpp"

namespace wf {
namespace {

Json texts(std::span<const std::string_view> items) {
  Json list = empty_list();
  for (const std::string_view item : items) list.push_back(Json(item));
  return list;
}

}  // namespace

Json manifest() {
  Json secrets = empty_list();
  Json ids = empty_list();
  Json captured = empty_list();
  for (const Descriptor& service : catalogue()) {
    for (const CapturedKey& kept : service.captured)
      captured.push_back(JsonObject().text("name", kept.name).json("hosts", texts(kept.hosts)).take());
    for (const Key& key : service.keys) {
      JsonObject entry;
      entry.text("name", key.name);
      if (!key.env.empty()) entry.text("env", key.env);
      if (key.scope == Scope::agency) entry.text("scope", "agency");
      if (key.secret) entry.json("hosts", texts(key.hosts));
      if (!key.unless.empty()) entry.json("unless", texts(key.unless));
      (key.secret ? secrets : ids).push_back(entry.take());
    }
  }
  return JsonObject()
      .json("secrets", std::move(secrets))
      .json("ids", std::move(ids))
      .json("captured", std::move(captured))
      // The token of the user whose request a flow answers: lent to that flow alone.
      .json("session", JsonObject()
                           .text("name", "session.access_token")
                           .json("hosts", texts(std::array<std::string_view, 1>{"$SUPABASE_URL"}))
                           .take())
      .take();
}

}  // namespace wf
