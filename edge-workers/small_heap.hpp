#pragma once
// The edge's heap, for its one thread: the C library's is four times as much code. Free blocks wait in bins
// by size, free neighbours become one block at once, and the memory grows only when no free block is large
// enough. What it hands out is aligned for every type; memory is never given back.

#include <array>
#include <cstddef>
#include <cstdint>

namespace wf {

struct HeapBlock;

class SmallHeap {
 public:
  // Sees to it that the memory reaches at least to `end`, and says how far it reaches then; null when it
  // cannot.
  using Reach = char* (*)(char* end);

  // The memory from `start` on belongs to the heap alone.
  SmallHeap(char* start, Reach reach);
  SmallHeap(const SmallHeap&) = delete;
  SmallHeap& operator=(const SmallHeap&) = delete;

  // Null when there is no memory left.
  void* allocate(std::size_t size);
  // The same bytes, perhaps elsewhere. Null when there is no memory left: then nothing has changed.
  void* resize(void* memory, std::size_t size);
  void free(void* memory);

 private:
  HeapBlock* find(std::size_t units) const;
  bool grow(std::size_t units);
  void keep(HeapBlock* block);

  Reach reach_;
  HeapBlock* end_;  // what stands behind the last block
  std::array<HeapBlock*, 64> bins_{};
  std::uint64_t filled_ = 0;  // a bit for each bin that has, or had, blocks
};

}  // namespace wf
