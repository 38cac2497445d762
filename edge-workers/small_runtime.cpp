// What the edge takes from the C and C++ libraries elsewhere, and has smaller here: its heap, and copying and
// filling, for each of which WebAssembly has an instruction (bulk memory) that the compiler writes for these
// builtins.
#include <cstddef>
#include <cstdint>
#include <new>

#include "edge-workers/small_heap.hpp"

extern "C" char __heap_base;  // the linker's: behind the stack and the data

namespace {

constexpr std::size_t page = 65536;

char* reach(char* end) {
  const std::size_t pages = __builtin_wasm_memory_size(0);
  const std::size_t wanted = (reinterpret_cast<std::uintptr_t>(end) + page - 1) / page;
  if (wanted > pages && __builtin_wasm_memory_grow(0, wanted - pages) != pages) return nullptr;
  return reinterpret_cast<char*>(page * __builtin_wasm_memory_size(0));
}

wf::SmallHeap& heap() {
  static wf::SmallHeap instance(&__heap_base, reach);
  return instance;
}

}  // namespace

extern "C" {

void* memcpy(void* to, const void* from, std::size_t size) { return __builtin_memcpy(to, from, size); }
void* memmove(void* to, const void* from, std::size_t size) { return __builtin_memmove(to, from, size); }
void* memset(void* to, int byte, std::size_t size) { return __builtin_memset(to, byte, size); }

void* malloc(std::size_t size) { return heap().allocate(size); }
void* realloc(void* memory, std::size_t size) { return heap().resize(memory, size); }
void free(void* memory) { heap().free(memory); }

}  // extern "C"

void* operator new(std::size_t size) {
  void* memory = malloc(size);
  if (memory == nullptr) __builtin_trap();
  return memory;
}

void operator delete(void* memory) noexcept { free(memory); }
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete[](void* memory) noexcept { free(memory); }
// Of newer libraries. Where one of all these is not here, the library's own heap comes with it.
void operator delete(void* memory, std::size_t) noexcept { free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { free(memory); }
