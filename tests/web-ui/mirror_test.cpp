#include "web-ui/mirror/mirror.hpp"

#include <catch_amalgamated.hpp>

#include "shared/base/json.hpp"

TEST_CASE("nodes nest as they were opened") {
  wf::Mirror mirror;
  mirror.open({.tag = "article", .id = "card:stripe", .rect = {10, 20, 300, 200}});
  mirror.add({.tag = "h3", .id = "name:stripe", .rect = {20, 30, 100, 20}, .text = "Stripe"});
  mirror.close();
  mirror.add({.tag = "nav", .id = "nav", .rect = {0, 0, 228, 900}, .fixed = true});

  const auto json = wf::parse_json(mirror.json(), "mirror");
  REQUIRE(json);
  REQUIRE(json->size() == 2);
  CHECK((*json)[0]["children"][0]["text"] == "Stripe");
  CHECK((*json)[0]["rect"] == wf::Json{10.0, 20.0, 300.0, 200.0});
  CHECK((*json)[1]["fixed"] == true);
}

TEST_CASE("a command is found by the id of its node, at any depth") {
  wf::Mirror mirror;
  mirror.open({.tag = "main", .id = "main"});
  mirror.open({.tag = "article", .id = "card:meta"});
  mirror.add({.tag = "button", .id = "badge:meta", .on_activate = wf::ToggleExplanation{"meta"}});
  mirror.close();
  mirror.close();
  const wf::Command* command = mirror.command("badge:meta");
  REQUIRE(command != nullptr);
  CHECK(std::get<wf::ToggleExplanation>(*command).service == "meta");
  CHECK(mirror.command("card:meta") == nullptr);
  CHECK(mirror.command("nobody") == nullptr);
}

TEST_CASE("broken UTF-8 in a name does not stop the page") {
  wf::Mirror mirror;
  mirror.add({.tag = "p", .id = "name", .text = "Caf\xe9"});
  CHECK(wf::parse_json(mirror.json(), "mirror"));
}

TEST_CASE("what lies above everything is read first") {
  wf::Mirror mirror;
  mirror.add({.tag = "main", .id = "main"});
  mirror.add({.tag = "nav", .id = "nav"});
  mirror.read_last_first();
  const auto json = wf::parse_json(mirror.json(), "mirror");
  REQUIRE(json);
  CHECK((*json)[0]["id"] == "nav");
  CHECK((*json)[1]["id"] == "main");
}
