#include "edge-workers/frame.hpp"

#include <utility>

namespace wf {
namespace {

constexpr std::size_t most_parts = 1024;
constexpr std::size_t word = 4;

std::uint32_t read_u32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = word; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

void add_u32(std::string& bytes, std::size_t value) {
  for (std::size_t i = 0; i < word; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
}

tl::unexpected<Error> broken(std::string_view why) { return fail(ErrorKind::ours, {"frame: ", why}); }

// Views of the frame's parts. The answer says what is wrong with the frame; empty: nothing.
std::string_view split_frame(std::string_view bytes, std::vector<std::string_view>& parts) {
  if (bytes.size() < word) return "too short";
  const std::size_t count = read_u32(bytes, 0);
  if (count == 0 || count > most_parts) return "number of parts";
  std::size_t at = word * (count + 1);
  if (at > bytes.size()) return "cut short";
  for (std::size_t i = 1; i <= count; ++i) {
    const std::size_t length = read_u32(bytes, word * i);
    if (length > bytes.size() - at) return "cut short";
    parts.push_back(bytes.substr(at, length));
    at += length;
  }
  return at == bytes.size() ? "" : "bytes left over";
}

}  // namespace

Result<Frame> decode_frame(std::string_view bytes) {
  std::vector<std::string_view> parts;
  if (const auto wrong = split_frame(bytes, parts); !wrong.empty()) return broken(wrong);
  auto control = parse_json(parts.front(), "frame");
  if (!control) return broken(control.error().message);
  if (!control->is_object()) return broken("control is not an object");
  return Frame{*std::move(control), {parts.begin() + 1, parts.end()}};
}

void encode_frame(const Frame& frame, std::string& bytes) {
  const std::string control = dump(frame.control);
  std::size_t total = bytes.size() + word * (frame.parts.size() + 2) + control.size();
  for (const std::string& part : frame.parts) total += part.size();
  bytes.reserve(total);
  add_u32(bytes, frame.parts.size() + 1);
  add_u32(bytes, control.size());
  for (const std::string& part : frame.parts) add_u32(bytes, part.size());
  bytes += control;
  for (const std::string& part : frame.parts) bytes += part;
}

std::string encode_frame(const Frame& frame) {
  std::string bytes;
  encode_frame(frame, bytes);
  return bytes;
}

bool take_body(const Json& object, std::vector<std::string>& parts, std::string& body) {
  const Json* index = find(object, "body");
  if (!index) return true;
  const auto number = as_int64(*index);
  if (!number || *number < 1 || static_cast<std::uint64_t>(*number) > parts.size()) return false;
  body = std::move(parts[static_cast<std::size_t>(*number) - 1]);
  return true;
}

}  // namespace wf
