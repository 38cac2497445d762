#pragma once
// What the JavaScript host does in the Worker: carries effects out, here against recorded replies
// and stores in memory. It takes no decision.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "edge-workers/frame.hpp"
#include "edge-workers/replay/credentials.hpp"
#include "edge-workers/replay/database.hpp"
#include "edge-workers/replay/scenario.hpp"

namespace wf::replay {

inline constexpr std::string_view database_url = "http://database.invalid";

struct QueueMessage {
  Json message;
  UnixSeconds due{};
};

class ReplayHost {
 public:
  ReplayHost(Scenario& scenario, ReplayDatabase& database) : scenario_(scenario), database_(database) {}

  // The result that a `reply` frame carries, its body as part 1; none: this effect has no reply.
  // `parts`: the bytes that the core was given, then those that it gave for this effect.
  std::optional<Frame> carry_out(const Json& effect, const std::vector<std::string>& parts, UnixSeconds now);

  std::string password;  // of the delivery that is on its way
  std::vector<QueueMessage> queue;
  std::map<std::string, std::string> objects;
  std::map<std::string, Json> metadata;  // of the objects that have some
  Json effects = Json::array();          // every effect, in short
  Json responses = Json::array();
  Json logs = Json::array();
  Json problems = Json::array();  // what the recording does not answer

  Json all_problems() const;  // these, and what of the recording was never needed though it should be

 private:
  Frame http(const Json& effect, const std::string& body, UnixSeconds now);
  Frame ask_database(const Json& effect, std::string_view path, const std::string& body, UnixSeconds now);
  Frame ask_provider(const Json& effect, const std::string& body, UnixSeconds now);
  Frame grant(const Json& effect, const std::string& body, UnixSeconds now);
  Frame put_object(const Json& effect, const std::string& body);
  Frame get_object(const Json& effect);
  Frame enqueue(const Json& effect, UnixSeconds now);
  void respond(const Json& effect, const std::string& body);
  const Fault* take_fault(std::string_view kind, std::string_view function);
  void note(const Json& effect);

  Scenario& scenario_;
  Credentials credentials_{scenario_.secrets};
  ReplayDatabase& database_;
};

}  // namespace wf::replay
