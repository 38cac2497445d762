#include <catch_amalgamated.hpp>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "edge-workers/small_heap.hpp"

namespace {

constexpr std::size_t page = 65536;
constexpr std::size_t most_memory = std::size_t{64} << 20U;
constexpr std::size_t alignment = 16;

// The linear memory of a module: it grows by whole pages, and up to a limit. Behind what is reached stand
// bytes that nobody may touch.
struct Memory {
  std::vector<char> bytes = std::vector<char>(most_memory + page, '!');
  std::size_t limit = most_memory;
  std::size_t size = 0;
};

Memory& memory() {
  static Memory instance;
  return instance;
}

char* reach(char* end) {
  Memory& here = memory();
  const auto wanted = static_cast<std::size_t>(end - here.bytes.data());
  const std::size_t pages = (wanted + page - 1) / page * page;
  if (pages > here.limit) return nullptr;
  if (pages > here.size) here.size = pages;
  return here.bytes.data() + here.size;
}

// A heap, and what must be true of it: every block lies in the memory, apart from all others, aligned, and
// keeps its bytes.
class Checked {
 public:
  explicit Checked(std::size_t limit = most_memory, std::size_t start = 0) {
    memory().limit = limit;
    memory().size = 0;
    memory().bytes.assign(memory().bytes.size(), '!');
    heap_ = std::make_unique<wf::SmallHeap>(memory().bytes.data() + start, reach);
  }

  char* allocate(std::size_t size) { return add(static_cast<char*>(heap_->allocate(size)), size); }

  void free(char* at) {
    check(at);
    blocks_.erase(at);
    heap_->free(at);
  }

  char* resize(char* at, std::size_t size) {
    check(at);
    const Block before = blocks_.at(at);
    const std::size_t kept = std::min(before.size, size);
    char* now = static_cast<char*>(heap_->resize(at, size));
    if (now == nullptr) {
      check(at);
      return nullptr;
    }
    REQUIRE(holds(now, kept, before.mark));
    blocks_.erase(at);
    return add(now, size);
  }

  void check_all() const {
    for (const auto& [at, block] : blocks_) check(at);
    REQUIRE(memory().bytes[memory().size] == '!');
  }

  void free_all() {
    while (!blocks_.empty()) free(blocks_.begin()->first);
  }

  std::size_t count() const { return blocks_.size(); }
  char* any(std::size_t number) const {
    return std::next(blocks_.begin(), static_cast<std::ptrdiff_t>(number % blocks_.size()))->first;
  }

 private:
  struct Block {
    std::size_t size;
    char mark;
  };

  static bool holds(const char* at, std::size_t size, char mark) {
    for (std::size_t i = 0; i < size; ++i) {
      if (at[i] != mark) return false;
    }
    return true;
  }

  void check(char* at) const {
    const Block& block = blocks_.at(at);
    REQUIRE(holds(at, block.size, block.mark));
  }

  char* add(char* at, std::size_t size) {
    if (at == nullptr) return nullptr;
    REQUIRE(reinterpret_cast<std::uintptr_t>(at) % alignment == 0);
    REQUIRE(at >= memory().bytes.data());
    REQUIRE(at + size <= memory().bytes.data() + memory().size);
    const auto next = blocks_.lower_bound(at);
    if (next != blocks_.end()) REQUIRE(at + size <= next->first);
    if (next != blocks_.begin()) {
      const auto& [before, block] = *std::prev(next);
      REQUIRE(before + block.size <= at);
      REQUIRE(before != at);
    }
    last_mark_ = static_cast<char>(last_mark_ + 1);
    std::memset(at, last_mark_, size);
    blocks_[at] = {size, last_mark_};
    return at;
  }

  std::unique_ptr<wf::SmallHeap> heap_;
  std::map<char*, Block> blocks_;
  char last_mark_ = 0;
};

// Mostly small, as strings and members are, and now and then a page of a provider.
std::size_t random_size(std::mt19937& random) {
  const std::size_t most = random() % 200 == 0 ? 300'000 : random() % 10 == 0 ? 4'000 : 100;
  return random() % most;
}

}  // namespace

TEST_CASE("hands out blocks that are aligned, apart and whole, in any order of use") {
  const auto seed = GENERATE(1U, 2U, 3U, 4U);
  std::mt19937 random(seed);
  Checked heap(most_memory, seed);  // the memory starts anywhere
  const std::size_t many = seed % 2 == 0 ? 50 : 2'000;
  for (int i = 0; i < 60'000; ++i) {
    const auto what = random() % 8;
    if (heap.count() == 0 || (heap.count() < many && what < 4)) {
      REQUIRE(heap.allocate(random_size(random)) != nullptr);
    } else if (what == 4) {
      REQUIRE(heap.resize(heap.any(random()), random_size(random)) != nullptr);
    } else {
      heap.free(heap.any(random()));
    }
    if (i % 5'000 == 0) heap.check_all();
  }
  heap.check_all();
  heap.free_all();
  // Everything is one block again: all but a few bytes of the memory can be had at once.
  const std::size_t reached = memory().size;
  REQUIRE(heap.allocate(reached - 256) != nullptr);
  CHECK(memory().size == reached);
}

TEST_CASE("a block of no bytes is a block too, and freeing nothing does nothing") {
  wf::SmallHeap heap(memory().bytes.data(), reach);
  memory().limit = most_memory;
  void* one = heap.allocate(0);
  void* other = heap.allocate(0);
  CHECK(one != nullptr);
  CHECK(one != other);
  heap.free(nullptr);
  heap.free(one);
  heap.free(other);
  CHECK(heap.resize(nullptr, 10) != nullptr);
}

TEST_CASE("what was freed is used again: same sizes in turn need no more memory") {
  std::mt19937 random(5);
  Checked heap;
  std::vector<std::size_t> sizes(3'000);
  for (std::size_t& size : sizes) size = random_size(random);
  std::size_t first_round = 0;
  for (int round = 0; round < 20; ++round) {
    for (const std::size_t size : sizes) REQUIRE(heap.allocate(size) != nullptr);
    heap.check_all();
    while (heap.count() > 0) heap.free(heap.any(random()));
    if (round == 0) first_round = memory().size;
  }
  CHECK(memory().size <= first_round + first_round / 10);
}

TEST_CASE("texts that grow by doubling leave no lasting gaps") {
  Checked heap;
  std::size_t first_round = 0;
  for (int round = 0; round < 40; ++round) {
    std::vector<char*> kept;
    char* text = heap.allocate(32);
    for (std::size_t size = 64; size <= (std::size_t{8} << 20U); size *= 2) {
      char* larger = heap.allocate(size);
      REQUIRE(larger != nullptr);
      kept.push_back(heap.allocate(40));  // something small stays behind each
      heap.free(text);
      text = larger;
    }
    heap.free(text);
    for (char* small : kept) heap.free(small);
    if (round == 0) first_round = memory().size;
  }
  CHECK(memory().size <= first_round);
}

TEST_CASE("blocks that stay among blocks that go do not make the memory grow for ever") {
  std::mt19937 random(11);
  Checked heap;
  std::size_t settled = 0;
  for (int i = 0; i < 120'000; ++i) {
    if (heap.count() < 3'000)
      REQUIRE(heap.allocate(100 + random() % 400) != nullptr);
    else
      heap.free(heap.any(random()));
    if (i == 40'000) settled = memory().size;
  }
  heap.check_all();
  CHECK(memory().size <= settled + settled / 5);
}

TEST_CASE("the last block grows instead of being left behind") {
  Checked heap;
  heap.free(heap.allocate(5 * page));
  REQUIRE(heap.allocate(6 * page) != nullptr);
  CHECK(memory().size <= 7 * page);
}

TEST_CASE("a heap without memory says so, and goes on with what it has") {
  Checked heap(4 * page);
  CHECK(heap.allocate(5 * page) == nullptr);
  CHECK(heap.allocate(static_cast<std::size_t>(-1)) == nullptr);
  CHECK(heap.allocate(static_cast<std::size_t>(-8)) == nullptr);
  char* block = heap.allocate(3 * page);
  REQUIRE(block != nullptr);
  CHECK(heap.resize(block, 5 * page) == nullptr);
  CHECK(heap.allocate(2 * page) == nullptr);
  while (heap.allocate(100) != nullptr) continue;
  heap.check_all();
  heap.free(block);
  CHECK(heap.allocate(3 * page) != nullptr);
}
