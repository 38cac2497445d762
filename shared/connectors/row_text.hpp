#pragma once
// The text of many rows, put together from some hundred thousand small pieces: a string's own appending
// would be most of the time that they take.

#include <string>
#include <string_view>

namespace wf {

class RowText {
 public:
  // `expected`: bytes that there will probably be, so that what is there need not be moved as it grows.
  explicit RowText(std::size_t expected) : text_(expected, '\0') {}

  void put(std::string_view piece);
  void put_quoted(std::string_view piece);
  void put_json_string(std::string_view text);

  std::size_t size() const { return size_; }
  void cut(std::size_t size) { size_ = size; }
  std::string take();

 private:
  char* room_for(std::size_t bytes);

  std::string text_;
  std::size_t size_ = 0;
};

}  // namespace wf
