#include "view_model.hpp"

using view_model::hours;
using view_model::noon;

namespace {

wf::ServiceFacts of(std::string client_id, wf::ServiceFacts facts) {
  facts.client_id = std::move(client_id);
  return facts;
}

wf::ServiceFacts refused(std::string client_id, std::string_view id = "meta") {
  auto facts = of(std::move(client_id), view_model::service(id, hours(20)));
  auto& stream = facts.streams.front();
  stream.failure_kind = wf::ErrorKind::credentials;
  stream.failed_at = noon - hours(1);
  stream.failure_final = true;
  return facts;
}

std::vector<std::string> words_of(const wf::Model& model) {
  std::vector<std::string> words;
  for (const auto& one : view_model::view_of(model).workspaces) words.push_back(one.words);
  return words;
}

wf::Model agency() {
  auto model = view_model::model();
  model.workspaces = {{.client_id = "acme", .slug = "acme", .name = "Acme"},
                      {.client_id = "birch", .slug = "birch", .name = "Birch"},
                      {.client_id = "cedar", .slug = "cedar", .name = "Cedar"}};
  model.slug = "acme";
  return model;
}

}  // namespace

TEST_CASE("the switcher says of each workspace how many services need attention") {
  auto model = agency();
  CHECK(words_of(model) == std::vector<std::string>{"Acme", "Birch", "Cedar"});

  const auto fine = of("acme", view_model::service("stripe", hours(3)));
  model.troubled =
      wf::count_troubled({fine, refused("birch"), refused("cedar"), refused("cedar", "stripe")}, noon);
  CHECK(words_of(model) ==
        std::vector<std::string>{"Acme", "Birch · 1 needs attention", "Cedar · 2 need attention"});
  CHECK(view_model::view_of(model).troubled_elsewhere == 2);
  model.slug = "birch";
  CHECK(view_model::view_of(model).troubled_elsewhere == 1);
}

TEST_CASE("what turns red by time alone counts by the time that is given") {
  const std::vector<wf::ServiceFacts> services{of("birch", view_model::service("stripe", hours(3)))};
  CHECK(wf::count_troubled(services, noon).at("birch") == 0);
  CHECK(wf::count_troubled(services, noon + hours(24 * 9)).at("birch") == 1);
}

TEST_CASE("a service that the catalogue does not know needs nobody") {
  wf::ServiceFacts unknown = refused("birch");
  unknown.service = "of_another_version";
  CHECK(wf::count_troubled({unknown}, noon).at("birch") == 0);
}

TEST_CASE("a workspace whose settings cannot be read is in trouble, whatever was counted") {
  auto model = agency();
  model.workspaces[1].configuration_problem = "not JSON";
  CHECK(words_of(model)[1] == "Birch · settings cannot be read");
  CHECK(view_model::view_of(model).troubled_elsewhere == 1);
}

TEST_CASE("the workspace that is shown is counted anew with each reading, and the others stay") {
  auto model = agency();
  model.troubled = {{"acme", 1}, {"birch", 1}};
  wf::take_services(model, {of("acme", view_model::service("stripe", hours(3)))});
  CHECK(model.troubled == std::map<std::string, int>{{"acme", 0}, {"birch", 1}});
}

TEST_CASE("a reading of all does not undo what was read for the cards") {
  auto model = agency();
  wf::take_services(model, {refused("acme")});
  wf::take_all_services(model, {of("acme", view_model::service("meta", hours(20))), refused("birch")}, noon);
  CHECK(model.troubled == std::map<std::string, int>{{"acme", 1}, {"birch", 1}});
  model.services_load = wf::Load::loading;
  wf::take_all_services(model, {of("acme", view_model::service("meta", hours(20)))}, noon);
  CHECK(model.troubled == std::map<std::string, int>{{"acme", 0}});
}
