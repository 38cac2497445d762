#include "edge-workers/small_heap.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace wf {

constexpr std::size_t unit_bits = 8 * sizeof(std::size_t) - 1;

// The memory is a row of these. Sizes are counted in units, which is the smallest block's.
struct HeapBlock {
  std::size_t units_before;  // of the block in front; 0: there is none
  std::size_t is_free : 1;
  std::size_t units : unit_bits;  // of all of it; 0: the end of the row
  // From here on a block is its user's, unless it is free.
  HeapBlock* next;
  HeapBlock** link;  // the pointer that leads here: a bin, or another block's `next`
};

namespace {

constexpr std::size_t unit = sizeof(HeapBlock);
constexpr std::size_t header = offsetof(HeapBlock, next);
constexpr std::size_t largest = std::size_t{1} << 30U;
static_assert(unit % alignof(std::max_align_t) == 0);

char* start_of(HeapBlock* block) { return reinterpret_cast<char*>(block); }
HeapBlock* block_at(char* start) { return reinterpret_cast<HeapBlock*>(start); }
HeapBlock* behind(HeapBlock* block) { return block_at(start_of(block) + block->units * unit); }
HeapBlock* in_front_of(HeapBlock* block) { return block_at(start_of(block) - block->units_before * unit); }
void* memory_of(HeapBlock* block) { return start_of(block) + header; }
HeapBlock* block_of(void* memory) { return block_at(static_cast<char*>(memory) - header); }

void set_units(HeapBlock* block, std::size_t units) {
  block->units = units & ((std::size_t{1} << unit_bits) - 1);
}

// One bin for each small size; from sixteen units on there are two for each power of two.
unsigned bin_of(std::size_t units) {
  if (units < 16) return static_cast<unsigned>(units);
  const auto power = static_cast<unsigned>(std::bit_width(units)) - 1;
  return 8 + 2 * power + static_cast<unsigned>(units >> (power - 1) & 1U);
}

void take_out(HeapBlock* block) {
  *block->link = block->next;
  if (block->next != nullptr) block->next->link = block->link;
  block->is_free = 0;
}

}  // namespace

SmallHeap::SmallHeap(char* start, Reach reach) : reach_(reach) {
  // So that all memory handed out is aligned to a unit.
  while (reinterpret_cast<std::uintptr_t>(start + header) % unit != 0) ++start;
  end_ = block_at(start);
  if (reach_(start + unit) != nullptr) *end_ = {};
}

void* SmallHeap::allocate(std::size_t size) {
  if (size > largest) return nullptr;
  const std::size_t units = size <= unit - header ? 1 : (size + header + unit - 1) / unit;
  HeapBlock* block = find(units);
  if (block == nullptr) {
    if (!grow(units)) return nullptr;
    block = find(units);
  }
  take_out(block);
  if (block->units > units) {
    HeapBlock* rest = block_at(start_of(block) + units * unit);
    set_units(rest, block->units - units);
    set_units(block, units);
    rest->units_before = units;
    keep(rest);
  }
  return memory_of(block);
}

void* SmallHeap::resize(void* memory, std::size_t size) {
  if (memory == nullptr) return allocate(size);
  const std::size_t room = block_of(memory)->units * unit - header;
  if (size <= room) return memory;
  void* larger = allocate(size);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, memory, room);
  free(memory);
  return larger;
}

void SmallHeap::free(void* memory) {
  if (memory == nullptr) return;
  HeapBlock* block = block_of(memory);
  HeapBlock* next = behind(block);
  if (next->is_free) {
    take_out(next);
    block->units += next->units;
  }
  // In front of the first block stands, by its count, itself: not free yet.
  HeapBlock* previous = in_front_of(block);
  if (previous->is_free) {
    take_out(previous);
    previous->units += block->units;
    block = previous;
  }
  keep(block);
}

// A free block of this size or a larger one, which stays where it is.
HeapBlock* SmallHeap::find(std::size_t units) const {
  const unsigned first = bin_of(units);
  for (std::uint64_t bins = filled_ >> first << first; bins != 0; bins &= bins - 1) {
    // In the first bin some are too small. Where there are many of them a larger one is cut instead.
    int looks = 32;
    for (HeapBlock* block = bins_[static_cast<std::size_t>(std::countr_zero(bins))];
         block != nullptr && looks > 0; --looks) {
      if (block->units >= units) return block;
      block = block->next;
    }
  }
  return nullptr;
}

// The last block is free and as large as this afterwards.
bool SmallHeap::grow(std::size_t units) {
  const HeapBlock* last = in_front_of(end_);
  if (last->is_free) units -= last->units;
  char* start = start_of(end_);
  const char* reached = reach_(start + (units + 1) * unit);
  if (reached == nullptr) return false;
  HeapBlock* added = end_;
  set_units(added, static_cast<std::size_t>(reached - start) / unit - 1);
  end_ = behind(added);
  end_->is_free = 0;
  set_units(end_, 0);
  free(memory_of(added));
  return true;
}

// Puts a block into its bin; its neighbours are in use.
void SmallHeap::keep(HeapBlock* block) {
  const unsigned bin = bin_of(block->units);
  block->is_free = 1;
  behind(block)->units_before = block->units;
  block->link = &bins_[bin];
  block->next = bins_[bin];
  if (block->next != nullptr) block->next->link = &block->next;
  bins_[bin] = block;
  filled_ |= std::uint64_t{1} << bin;
}

}  // namespace wf
