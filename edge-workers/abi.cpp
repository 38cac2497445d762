// The two exports of each wasm module (docs/abi.md). Memory between them belongs to this file: the input
// until its step, the output until the next one.
#include <cstdint>
#include <memory>
#include <string>

#include "edge-workers/modules/modules.hpp"

namespace {

std::unique_ptr<char[]>& input() {
  static std::unique_ptr<char[]> bytes;
  return bytes;
}

std::string& output() {
  static std::string bytes;
  return bytes;
}

wf::Edge& edge() {
  static wf::Edge instance = wf::module_of_this_program();
  return instance;
}

}  // namespace

extern "C" {

char* edge_alloc(std::uint32_t length) {
  input().reset(new char[length]);  // the host writes all of it: no zeros first
  return input().get();
}

// At the returned address: u32 length, then the frame.
const char* edge_step(const char* at, std::uint32_t length) {
  const std::string frame = edge().step_bytes({at, length});
  input().reset();  // a large delivery must not stay in memory
  const auto size = static_cast<std::uint32_t>(frame.size());
  output().clear();
  for (int shift = 0; shift < 32; shift += 8) output() += static_cast<char>(size >> shift & 0xff);
  output() += frame;
  return output().data();
}

}  // extern "C"
