#pragma once
// What the Worker's host does with credentials: keeps those that expire, signs, checks signatures.

#include <map>
#include <optional>
#include <string>

#include "shared/base/json.hpp"
#include "shared/base/time.hpp"

namespace wf::replay {

class Credentials {
 public:
  explicit Credentials(const std::map<std::string, std::string>& secrets) : secrets_(secrets) {}

  // The captured name that a request uses and that is absent or expired.
  std::optional<std::string> missing(const Json& effect, const std::string& body, UnixSeconds now) const;
  // An http effect with `capture`: whether the credential is there already, and what its reply gives.
  bool holds(const Json& effect, UnixSeconds now) const;
  Json capture(const Json& effect, const std::string& reply, UnixSeconds now);
  Json sign(const Json& effect, UnixSeconds now);
  // `password`: what came with the delivery.
  Json verify(const Json& effect, const std::string& body, const std::string& password) const;

 private:
  void keep(const std::string& name, std::int64_t expires_in_secs, UnixSeconds now);

  const std::map<std::string, std::string>& secrets_;
  std::map<std::string, UnixSeconds> kept_;  // name -> until when
};

}  // namespace wf::replay
