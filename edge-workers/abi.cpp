// The two exports of each wasm module (docs/abi.md). Memory between them belongs to this file: the input
// until its step, the output until the next one.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

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
  output() = std::string();         // its memory is free for what comes
  input().reset(new char[length]);  // the host writes all of it: no zeros first
  return input().get();
}

// At the returned address: u32 length, then the frame.
const char* edge_step(const char* at, std::uint32_t length) {
  auto frame = wf::decode_frame({at, length});
  input().reset();  // a large delivery must not stay in memory
  std::string& bytes = output();
  bytes.assign(4, '\0');
  wf::encode_frame(edge().step(std::move(frame)), bytes);
  const std::size_t size = bytes.size() - 4;
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>(size >> (8 * i) & 0xff);
  return bytes.data();
}

}  // extern "C"
