#include "shared/base/json_events.hpp"

#include <string>

#include <rapidjson/reader.h>

#include "shared/base/text.hpp"

namespace wf {
namespace {

struct Handler {
  JsonEvents& events;
  const int deepest;
  const bool has_surrogates;
  int depth = 0;
  bool broken = false;

  bool Null() { return events.on_scalar(JsonScalar::null, "null"); }
  bool Bool(bool value) { return events.on_scalar(JsonScalar::flag, value ? "true" : "false"); }
  // Never called: numbers are read as text.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    return events.on_scalar(JsonScalar::number, {text, size});
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    return is_whole({text, size}) && events.on_scalar(JsonScalar::text, {text, size});
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    return is_whole({text, size}) && events.on_key({text, size});
  }
  bool StartObject() { return ++depth <= deepest && events.on_begin(false); }
  bool StartArray() { return ++depth <= deepest && events.on_begin(true); }
  bool EndObject(rapidjson::SizeType) { return end(); }
  bool EndArray(rapidjson::SizeType) { return end(); }
  bool end() {
    --depth;
    return events.on_end();
  }
  // The reader takes half of a surrogate pair, "\udc00", for a character of its own.
  bool is_whole(std::string_view text) {
    broken = has_surrogates && !is_valid_utf8(text);
    return !broken;
  }
};

tl::unexpected<Error> refuse(std::string_view who, std::string_view why) {
  return fail(ErrorKind::data, std::string(who) + ": the reply is " + std::string(why));
}

}  // namespace

Result<bool> read_json_events(std::string_view text, std::string_view who, JsonEvents& events, int deepest) {
  if (trim(text).empty()) return refuse(who, "empty");
  if (!is_valid_utf8(text)) return refuse(who, "not valid UTF-8");
  // Strings are decoded where they are, which is cheaper than copying them one by one.
  std::string buffer(text);
  rapidjson::InsituStringStream stream(buffer.data());
  rapidjson::Reader reader;
  Handler handler{events, deepest, contains(text, "\\ud") || contains(text, "\\uD")};
  constexpr unsigned how = rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseInsituFlag;
  const auto result = reader.Parse<how>(stream, handler);
  // The stream ends at a NUL as well; bytes behind one were never looked at.
  if (!result.IsError() && stream.Tell() == text.size()) return true;
  if (handler.depth > deepest) return refuse(who, "nested too deep");
  if (result.Code() == rapidjson::kParseErrorTermination && !handler.broken) return false;
  if (trim(text).front() == '<') return refuse(who, "HTML, not JSON");
  return refuse(who, "not JSON, or was cut off");
}

}  // namespace wf
