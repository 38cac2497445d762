#include "shared/connectors/bulk_rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <initializer_list>

#include "shared/base/json.hpp"
#include "shared/base/json_events.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/row_text.hpp"

namespace wf {
namespace {

constexpr double micros_per_unit = 1'000'000;
constexpr double most_micros = 9.2e18;

std::string_view type_of(JsonScalar kind) {
  if (kind == JsonScalar::text) return "a string";
  return kind == JsonScalar::number ? "a number" : "true or false";
}

std::string_view wanted(Cell cell) {
  switch (cell) {
    case Cell::integer:
      return "a 64-bit integer";
    case Cell::number:
    case Cell::micros:
      return "a number";
    case Cell::day:
      return "a day";
    default:
      return "a string";
  }
}

// Counts are doubles on some wires: 12.0 is 12.
std::optional<std::int64_t> integer_of(std::string_view text) {
  const auto point = text.find('.');
  if (point != std::string_view::npos && text.find_first_not_of('0', point + 1) == std::string_view::npos)
    text = text.substr(0, point);
  return parse_int64(text);
}

// Exact as a double, and written as it always is.
bool is_short_integer(std::string_view number) {
  return number.size() <= 15 &&
         std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::int64_t> micros_of(std::string_view text) {
  const double micros = std::round(std::strtod(std::string(text).c_str(), nullptr) * micros_per_unit);
  if (!(std::abs(micros) < most_micros)) return std::nullopt;
  return static_cast<std::int64_t>(micros);
}

// How protocol buffers write what JSON has no number for.
bool is_no_number(std::string_view text) {
  return text == "NaN" || text == "Infinity" || text == "-Infinity";
}

class Reader final : public JsonEvents {
 public:
  // Columns are a little longer than keys.
  Reader(const BulkShape& shape, BulkRows& out, std::string_view body)
      : shape_(shape),
        columns_(columns_of(shape.columns.text)),
        out_(out),
        body_(body),
        text_(body.size() + body.size() / 8) {
    out_.notes.resize(shape.notes.size());
    for (const Column& column : columns_) names_.push_back(concat({",\"", column.name, "\":"}));
  }

  bool on_begin(bool array) override {
    if (frames_.empty()) {
      frames_.push_back({0, array ? Kind::root : Kind::object});
      return true;
    }
    begin_member();
    const Kind parent = frames_.back().kind;
    if (parent == Kind::rows) {
      if (array) return refuse({"a row is an array, not an object"});
      frames_.push_back({0, Kind::row});
      cells_.clear();
      begin_row();
      return true;
    }
    if (!inside_row_ && path_ == shape_.rows) {
      if (!array) return refuse({shape_.rows, " is an object, not an array"});
      found_rows_ = true;
      frames_.push_back({path_.size(), Kind::rows});
      return true;
    }
    frames_.push_back({path_.size(), array ? Kind::array : Kind::object});
    return true;
  }

  bool on_end() override {
    const Frame ended = frames_.back();
    frames_.pop_back();
    if (ended.kind == Kind::row && !end_row()) return false;
    if (!frames_.empty()) path_.resize(frames_.back().path);
    return true;
  }

  bool on_key(std::string_view name) override {
    anything_ = true;
    path_.resize(frames_.back().path);
    if (!path_.empty()) path_ += '.';
    path_ += name;
    return true;
  }

  bool on_scalar(JsonScalar kind, std::string_view text) override {
    if (frames_.empty()) return refuse({"the reply is ", type_of(kind)});
    begin_member();
    if (inside_row_) return on_cell(kind, text);
    if (frames_.back().kind == Kind::rows) return refuse({"a row is ", type_of(kind)});
    if (kind == JsonScalar::null) return true;
    if (path_ == shape_.rows) return refuse({shape_.rows, " is ", type_of(kind), ", not an array"});
    const auto note = std::find(shape_.notes.begin(), shape_.notes.end(), path_);
    if (note != shape_.notes.end())
      out_.notes[static_cast<std::size_t>(note - shape_.notes.begin())] = std::string(text);
    return true;
  }

  bool expects_like_elements() override { return frames_.back().kind == Kind::rows; }

  bool on_like_scalar(std::size_t number, JsonScalar kind, std::string_view text) override {
    if (number == 0) {
      row_from_ = text_.size();
      begin_row();
    }
    const std::size_t i = cells_[number];
    return i == columns_.size() || write_cell(i, kind, text);
  }

  bool on_like_end(bool whole) override {
    if (whole) return end_row();
    if (inside_row_) text_.cut(row_from_);
    inside_row_ = false;
    return true;
  }

  bool found_rows() const { return found_rows_; }
  bool found_anything() const { return anything_; }
  std::string take_text() { return text_.take(); }
  std::string_view refusal() const { return refusal_; }

 private:
  enum class Kind : std::uint8_t { root, object, array, rows, row };
  struct Frame {
    std::size_t path;  // how much of the path leads to it
    Kind kind;
    std::size_t index = 0;
  };

  // Apart, so that the way of the rows stays short.
  [[gnu::noinline]] bool refuse(std::initializer_list<std::string_view> why) {
    refusal_ = concat(why);
    return false;
  }

  // In an array the place is the name; the elements of the root and of the rows have none.
  void begin_member() {
    Frame& frame = frames_.back();
    if (frame.kind == Kind::object || frame.kind == Kind::row) return;
    anything_ = true;
    path_.resize(frame.path);
    if (frame.kind != Kind::array) return;
    if (!path_.empty()) path_ += '.';
    append_int64(path_, static_cast<std::int64_t>(frame.index++));
  }

  void begin_row() {
    inside_row_ = true;
    seen_ = 0;
    expected_ = 0;
    path_.clear();
    text_.put(text_.size() == 0 ? "{" : ",{");
  }

  bool end_row() {
    inside_row_ = false;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (seen_ >> i & 1U) continue;
      const Column& column = columns_[i];
      if (column.absent == Absent::error) return refuse({"missing ", column.place});
      begin_cell(i);
      text_.put(column.absent == Absent::null ? "null" : "\"\"");
    }
    text_.put("}");
    ++out_.count;
    return true;
  }

  // Rows list their members in one order, so the next column is nearly always the next one.
  std::size_t find_column() {
    const std::size_t count = columns_.size();
    for (std::size_t tried = 0; tried < count; ++tried) {
      const std::size_t i = (expected_ + tried) % count;
      if (columns_[i].place == path_) return i;
    }
    return count;
  }

  // Whether a column is sought in what stands here.
  bool is_on_the_way() const {
    const std::string within = path_ + ".";
    return std::any_of(columns_.begin(), columns_.end(),
                       [&](const Column& column) { return starts_with(column.place, within); });
  }

  void begin_cell(std::size_t i) {
    text_.put(std::string_view(names_[i]).substr(seen_ == 0 ? 1 : 0));
    seen_ |= std::uint32_t{1} << i;
  }

  bool on_cell(JsonScalar kind, std::string_view text) {
    if (kind == JsonScalar::null) return true;
    std::size_t i = find_column();
    if (i < columns_.size() && (seen_ >> i & 1U)) i = columns_.size();
    if (kind != JsonScalar::flag) cells_.push_back(i);
    if (i == columns_.size())
      return !is_on_the_way() || refuse({path_, " is ", type_of(kind), ", which holds nothing"});
    expected_ = i + 1;
    return write_cell(i, kind, text);
  }

  bool write_cell(std::size_t i, JsonScalar kind, std::string_view text) {
    begin_cell(i);
    const Column& column = columns_[i];
    const Cell cell{column.type};
    if (write(cell, kind, text)) return true;
    return refuse({column.place, " is ", type_of(kind), ", not ", wanted(cell)});
  }

  bool write(Cell cell, JsonScalar kind, std::string_view text) {
    if (kind == JsonScalar::flag) return false;
    const bool is_text = kind == JsonScalar::text;
    switch (cell) {
      case Cell::integer:
        if (!is_text && is_short_integer(text)) break;
        return write_integer(integer_of(text));
      case Cell::number:
      case Cell::micros:
        if (is_text && !is_no_number(text)) return false;
        if (!is_text && cell == Cell::micros) return write_integer(micros_of(text));
        if (is_text) text = "null";
        break;
      case Cell::day:
        return is_text && write_day(text);
      case Cell::resource_id:
        return is_text && write_text(text.substr(text.rfind('/') + 1));
      case Cell::text:
        return is_text && write_text(text);
    }
    text_.put(text);
    return true;
  }

  // As it is written in the body it has no escapes, and needs none.
  bool write_text(std::string_view text) {
    if (text.data() >= body_.data() && text.data() < body_.data() + body_.size())
      text_.put_quoted(text);
    else
      text_.put_json_string(text);
    return true;
  }

  bool write_integer(std::optional<std::int64_t> value) {
    if (!value) return false;
    if (is_exact(*value))
      text_.put(decimal(*value));
    else
      text_.put_quoted(decimal(*value));
    return true;
  }

  bool write_day(std::string_view text) {
    const auto day = parse_day(text);
    if (!day) return false;
    if (!out_.newest || *day > *out_.newest) out_.newest = *day;
    return write_text(text);
  }

  const BulkShape& shape_;
  const std::vector<Column> columns_;
  std::vector<std::string> names_;  // of the columns, as they stand in a row: `,"clicks":`
  BulkRows& out_;
  std::string_view body_;
  RowText text_;
  std::vector<Frame> frames_;
  std::string path_;
  std::string refusal_;
  // The columns of the texts and numbers of the last row that was told in full, and where one like it begins.
  std::vector<std::size_t> cells_;
  std::size_t row_from_ = 0;
  std::uint32_t seen_ = 0;    // columns of the row, one bit each
  std::size_t expected_ = 0;  // the column that probably comes next
  bool inside_row_ = false;
  bool found_rows_ = false;
  bool anything_ = false;
};

}  // namespace

bool BulkRows::noted() const {
  return std::any_of(notes.begin(), notes.end(), [](const std::string& note) { return !note.empty(); });
}

Result<BulkRows> read_bulk_rows(std::string_view body, const BulkShape& shape) {
  const auto refuse = [&](std::string_view why) { return fail(ErrorKind::data, {shape.who, ": ", why}); };
  BulkRows rows;
  Reader reader(shape, rows, body);
  const auto whole = read_json_events(body, shape.who, reader);
  if (!whole) return tl::unexpected<Error>(whole.error());
  if (!*whole) return refuse(reader.refusal());
  rows.text = reader.take_text();
  // Something else that is JSON must not pass for "no rows".
  if (!reader.found_rows() && reader.found_anything() && !rows.noted())
    return refuse("the reply is not a report");
  return rows;
}

}  // namespace wf
