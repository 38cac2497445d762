#pragma once
// The API with two services whose actions greet, as a manager of a workspace asks it.

#include "fake_host.hpp"
#include "shared/sync/connector.hpp"

namespace fake {

inline constexpr std::string_view request_id = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";

struct Api {
  Api();
  static wf::Registry registry();  // "openai" greets, "sendgrid" mails

  std::string call(std::string_view path, std::string body = "", std::string_view method = "POST",
                   std::string_view id = "") {
    Json headers = Json::array();
    if (!id.empty()) headers.push_back(Json::array({"idempotency-key", id}));
    return host.run({{"kind", "api"},
                     {"method", method},
                     {"path", path},
                     {"headers", headers},
                     {"ids", ids},
                     {"settings_unreadable", settings_unreadable},
                     {"body", 1}},
                    std::move(body));
  }
  std::string greet(std::string_view id = request_id) {
    return call("/api/workspaces/northwind-dental/greet", R"({"name":"Ada"})", "POST", id);
  }
  std::string state(std::string_view id = request_id) {
    return text_in(host.database.actions[std::string(id)], "state");
  }
  Json stored(std::string_view id = request_id) {
    return host.database.rows["toy_greetings"][std::string(id)];
  }

  Host host;
  Json ids = Json::object();
  bool settings_unreadable = false;
};

inline Json no_reply(const char* reason) { return {{"failed", reason}, {"message", "test"}}; }

}  // namespace fake
