#pragma once
// How control and raw bodies travel between the host and the core (docs/abi.md): little endian
// `u32 n; u32 length[n];` then the parts back to back. Part 0 is JSON, the others are bytes.

#include <string>
#include <string_view>
#include <vector>

#include "shared/base/json.hpp"

namespace wf {

struct Frame {
  Json control;
  std::vector<std::string> parts;  // parts[0] is what control calls body 1
};

// Errors: ours (the lengths do not add up, or part 0 is not a JSON object).
Result<Frame> decode_frame(std::string_view bytes);
void encode_frame(const Frame& frame, std::string& bytes);  // appends to them
std::string encode_frame(const Frame& frame);

// The body that `object` refers to, if any. False: there is no such part.
bool take_body(const Json& object, std::vector<std::string>& parts, std::string& body);
}  // namespace wf
