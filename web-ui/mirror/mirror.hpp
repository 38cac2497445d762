// The semantic document beside the canvas. Drawing adds a node for everything it draws that a
// person can read or use; the page (web-ui/platform/mirror.mjs) keeps transparent elements in
// step with it, which is what the keyboard, touch, screen readers, find-in-page and tests use.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "web-ui/app/commands.hpp"
#include "web-ui/widgets/geometry.hpp"

namespace wf {

struct Node {
  std::string_view tag = "div";
  /// Unique in the document and stable while the thing exists.
  std::string id;
  /// In document coordinates; of the window when `fixed`.
  Rect rect;
  std::string text;
  std::vector<std::pair<std::string_view, std::string>> attributes;
  std::optional<Command> on_activate;
  bool fixed = false;
  std::vector<Node> children;
};

class Mirror {
 public:
  void open(Node node);
  void close();
  void add(Node node);
  /// What was drawn last, because it lies above the rest, is read first.
  void read_last_first();

  /// The command of the node with this id.
  const Command* command(std::string_view id) const;
  const Node* find(std::string_view id) const;
  /// The nodes with this tag, in their order.
  std::vector<const Node*> all(std::string_view tag) const;

  /// Nested nodes: [{tag, id, rect, text?, attributes?, fixed?, children?}].
  std::string json() const;

 private:
  std::vector<Node> open_;
  std::vector<Node> roots_;
};

}  // namespace wf
