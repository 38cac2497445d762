#include "web-ui/mirror/mirror.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>

#include "shared/base/json.hpp"

namespace wf {
namespace {

const Node* find_in(const std::vector<Node>& nodes, std::string_view id) {
  for (const auto& node : nodes) {
    if (node.id == id) return &node;
    if (const Node* found = find_in(node.children, id)) return found;
  }
  return nullptr;
}

void collect(const std::vector<Node>& nodes, std::string_view tag, std::vector<const Node*>& found) {
  for (const auto& node : nodes) {
    if (node.tag == tag) found.push_back(&node);
    collect(node.children, tag, found);
  }
}

double tenth(float value) { return std::round(static_cast<double>(value) * 10) / 10; }

Json to_json(const Node& node);

Json to_json(const std::vector<Node>& nodes) {
  Json list = Json::array();
  for (const auto& node : nodes) list.push_back(to_json(node));
  return list;
}

Json to_json(const Node& node) {
  Json json{{"tag", node.tag},
            {"id", node.id},
            {"rect", {tenth(node.rect.x), tenth(node.rect.y), tenth(node.rect.w), tenth(node.rect.h)}}};
  if (!node.text.empty()) json["text"] = node.text;
  for (const auto& [name, value] : node.attributes) json["attributes"][std::string(name)] = value;
  if (node.fixed) json["fixed"] = true;
  if (!node.children.empty()) json["children"] = to_json(node.children);
  return json;
}

}  // namespace

void Mirror::open(Node node) { open_.push_back(std::move(node)); }

void Mirror::close() {
  assert(!open_.empty());
  Node node = std::move(open_.back());
  open_.pop_back();
  (open_.empty() ? roots_ : open_.back().children).push_back(std::move(node));
}

void Mirror::add(Node node) {
  open(std::move(node));
  close();
}

void Mirror::read_last_first() { std::rotate(roots_.begin(), std::prev(roots_.end()), roots_.end()); }

const Node* Mirror::find(std::string_view id) const { return find_in(roots_, id); }

std::vector<const Node*> Mirror::all(std::string_view tag) const {
  std::vector<const Node*> found;
  collect(roots_, tag, found);
  return found;
}

const Command* Mirror::command(std::string_view id) const {
  const Node* node = find(id);
  return node != nullptr && node->on_activate ? &*node->on_activate : nullptr;
}

std::string Mirror::json() const { return dump(to_json(roots_)); }

}  // namespace wf
