#pragma once
// What the tests of SendGrid's connector share.

#include <string>

#include "shared/sync/connector.hpp"
#include "tests/project_files.hpp"
#include "tests/shared/connectors/fixtures.hpp"

namespace sendgrid_fixtures {

using fixtures::json;
using wf::text_in;

inline constexpr const char* client = "11111111-1111-4111-8111-111111111111";
inline constexpr const char* thread_id = "0123456789abcdef0123456789abcdef";

inline std::string read(const std::string& name) {
  return project_files::read("tests/fixtures/sendgrid/" + name);
}

inline wf::Json ids() {
  return json(R"({"sendgrid.inbound_domain":"In.Example.com","sendgrid.from_email":"hello@example.com",
                  "sendgrid.from_name":"Northwind"})");
}

inline wf::Received received(std::string_view body, wf::Json answers = wf::Json::array()) {
  return {body,
          client,
          "webhooks/northwind-dental/sendgrid/key",
          ids(),
          std::move(answers),
          wf::from_unix(1'763'900'000)};
}

}  // namespace sendgrid_fixtures
