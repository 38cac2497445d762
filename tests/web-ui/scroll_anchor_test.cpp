#include "web-ui/mirror/scroll_anchor.hpp"

#include <catch_amalgamated.hpp>

namespace {

using Cards = std::vector<std::pair<std::string, float>>;  // ids and heights, one below the other

float height_of(const Cards& cards) {
  float height = 0;
  for (const auto& card : cards) height += card.second;
  return height;
}

wf::Mirror mirror_of(const Cards& cards) {
  wf::Mirror mirror;
  float y = 0;
  mirror.open({.tag = "main", .id = "main"});
  for (const auto& [id, height] : cards) {
    mirror.add({.tag = "article", .id = id, .rect = {0, y, 360, height}});
    y += height;
  }
  mirror.close();
  return mirror;
}

/// Where a window of 700 px is after the cards changed while it was at `top`.
float top_after(float top, const Cards& before, const Cards& after) {
  const wf::Rect window{0, top, 360, 700};
  return top + wf::scroll_with_cards(mirror_of(before), mirror_of(after), window, height_of(after));
}

const Cards usual{{"a", 500}, {"b", 500}, {"c", 500}, {"d", 500}};
const Cards last_first{{"d", 500}, {"a", 500}, {"b", 500}, {"c", 500}};
const Cards second_first{{"b", 500}, {"a", 500}, {"c", 500}, {"d", 500}};
const Cards lower{{"a", 400}, {"b", 500}, {"c", 500}, {"d", 500}};

}  // namespace

TEST_CASE("what is read stays in the window when another card goes past it, and when it goes back") {
  CHECK(top_after(600, usual, last_first) == 1100);
  CHECK(top_after(1100, last_first, usual) == 600);
}

TEST_CASE("the window goes with the card that fills most of it") {
  CHECK(top_after(600, usual, second_first) == 100);
  CHECK(top_after(800, usual, second_first) == 800);
}

TEST_CASE("at the top of the page the worst card is seen as it comes") {
  CHECK(top_after(0, usual, last_first) == 0);
}

TEST_CASE("what is read stays when a card above it gets lower, as far as the page goes") {
  CHECK(top_after(1300, usual, lower) == 1200);
  CHECK(top_after(1200, lower, usual) == 1300);
  const Cards much_lower{{"a", 500}, {"b", 500}, {"c", 300}, {"d", 200}};
  CHECK(top_after(1300, usual, much_lower) == 800);
}

TEST_CASE("the window stays where it is when other cards are shown") {
  CHECK(top_after(600, usual, {{"b", 500}, {"c", 500}, {"d", 500}}) == 600);
  CHECK(top_after(600, usual, {{"e", 500}, {"b", 500}, {"c", 500}, {"d", 500}}) == 600);
}

TEST_CASE("a page without cards does not scroll") { CHECK(top_after(600, {}, {}) == 600); }
