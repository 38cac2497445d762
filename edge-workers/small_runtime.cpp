// What the edge takes from the C and C++ libraries elsewhere, and has smaller here: its heap; copying and
// filling, for each of which WebAssembly has an instruction (bulk memory) that the compiler writes for these
// builtins; searching, which the C library does by words.
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

std::size_t strlen(const char* text) {
  const char* end = text;
  while (*end != '\0') ++end;
  return static_cast<std::size_t>(end - text);
}
void* memchr(const void* bytes, int wanted, std::size_t size) {
  const auto* at = static_cast<const char*>(bytes);
  for (const char* end = at + size; at != end; ++at)
    if (*at == static_cast<char>(wanted)) return const_cast<char*>(at);
  return nullptr;
}

void* malloc(std::size_t size) { return heap().allocate(size); }
void* realloc(void* memory, std::size_t size) { return heap().resize(memory, size); }
void free(void* memory) { heap().free(memory); }

}  // extern "C"

void* operator new(std::size_t size) {
  void* memory = malloc(size);
  if (memory == nullptr) __builtin_trap();
  return memory;
}

// Of a stable sort.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return malloc(size); }
void operator delete(void* memory) noexcept { free(memory); }
void* operator new[](std::size_t size) { return operator new(size); }
void operator delete[](void* memory) noexcept { free(memory); }
// Of newer libraries. Where one of all these is not here, the library's own heap comes with it.
void operator delete(void* memory, std::size_t) noexcept { free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { free(memory); }
