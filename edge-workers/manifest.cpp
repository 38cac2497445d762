#include "edge-workers/edge.hpp"
#include "shared/domain/catalogue.hpp"

namespace wf {

Json manifest() {
  Json secrets = Json::array();
  Json ids = Json::array();
  for (const Descriptor& service : catalogue()) {
    for (const Key& key : service.keys) {
      Json entry = {{"name", key.name}};
      if (!key.env.empty()) entry["env"] = key.env;
      if (key.scope == Scope::agency) entry["scope"] = "agency";
      if (!key.secret) {
        ids.push_back(std::move(entry));
        continue;
      }
      entry["hosts"] = Json::array();
      for (const std::string_view host : key.hosts) entry["hosts"].push_back(host);
      secrets.push_back(std::move(entry));
    }
  }
  return {{"secrets", std::move(secrets)}, {"ids", std::move(ids)}};
}

}  // namespace wf
