#include "shared/base/time.hpp"

#include <array>

#include "shared/base/text.hpp"

namespace wf {

namespace {

using std::chrono::seconds;

constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

// Reads a text from left to right; every step that does not fit leaves it failed.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::int64_t digits(std::size_t count) {
    const auto part = text_.substr(0, count);
    const auto value = part.size() == count && part.front() != '-' ? parse_int64(part) : std::nullopt;
    ok_ = ok_ && value.has_value();
    text_.remove_prefix(part.size());
    return value.value_or(0);
  }
  // One of `allowed`.
  char one_of(std::string_view allowed) {
    ok_ = ok_ && !text_.empty() && contains(allowed, text_.substr(0, 1));
    const char found = text_.empty() ? '\0' : text_.front();
    skip(1);
    return found;
  }
  bool take(char wanted) {
    if (text_.empty() || text_.front() != wanted) return false;
    skip(1);
    return true;
  }
  unsigned month() {
    for (std::size_t i = 0; i < months.size(); ++i) {
      if (!starts_with(text_, months[i])) continue;
      skip(3);
      return static_cast<unsigned>(i + 1);
    }
    ok_ = false;
    return 1;
  }
  void skip_digits() {
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') skip(1);
  }
  void skip(std::size_t count) { text_.remove_prefix(count < text_.size() ? count : text_.size()); }
  bool at_end() const { return text_.empty(); }
  bool ok() const { return ok_; }

 private:
  std::string_view text_;
  bool ok_ = true;
};

std::optional<UnixSeconds> make_time(std::optional<Day> day, std::int64_t hour, std::int64_t minute,
                                     std::int64_t second) {
  // 60 is a leap second, which Unix time does not have: the second after it.
  if (!day || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return UnixSeconds{*day} + seconds{hour * 3600 + minute * 60 + second};
}

std::optional<Day> make_day(std::int64_t year, std::int64_t month, std::int64_t day) {
  if (year < 1 || year > 9999) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(year)},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return Day{date};
}

std::optional<Day> read_day(Reader& in) {
  const std::int64_t year = in.digits(4);
  in.one_of("-");
  const std::int64_t month = in.digits(2);
  in.one_of("-");
  const std::int64_t day = in.digits(2);
  return in.ok() ? make_day(year, month, day) : std::nullopt;
}

// "Z", "+00", "-0330", "+05:30", or nothing.
seconds read_offset(Reader& in) {
  if (in.at_end() || in.take('Z') || in.take('z')) return seconds{0};
  const int sign = in.one_of("+-") == '-' ? -1 : 1;
  const std::int64_t hours = in.digits(2);
  if (in.at_end()) return seconds{sign * hours * 3600};
  in.take(':');
  return seconds{sign * (hours * 3600 + in.digits(2) * 60)};
}

std::string padded(std::int64_t number, std::size_t width) {
  const std::string digits = decimal(number);
  return digits.size() >= width ? digits : std::string(width - digits.size(), '0') + digits;
}

// 2026-11-23, 13:44:00
std::string three_numbers(std::int64_t first, std::size_t width, char separator, std::int64_t second,
                          std::int64_t third) {
  std::string text = padded(first, width);
  for (const std::int64_t number : {second, third}) {
    text += separator;
    text += padded(number, 2);
  }
  return text;
}

std::chrono::year_month_day date_of(UnixSeconds time) { return {day_of(time)}; }

std::string full_clock(UnixSeconds time) {
  const std::int64_t second = (time - UnixSeconds{day_of(time)}).count();
  return three_numbers(second / 3600, 2, ':', second / 60 % 60, second % 60);
}

struct ClockParts {
  std::int64_t hour, minute, second;
};

ClockParts read_clock(Reader& in) {
  const std::int64_t hour = in.digits(2);
  in.one_of(":");
  const std::int64_t minute = in.digits(2);
  in.one_of(":");
  return {hour, minute, in.digits(2)};
}

// Sun, 06 Nov 1994 08:49:37 GMT; or, obsolete, Sunday, 06-Nov-94 08:49:37 GMT.
std::optional<UnixSeconds> parse_dated_by_comma(std::string_view text) {
  Reader in(trim(text.substr(text.find(',') + 1)));
  const std::int64_t day = in.digits(2);
  const bool obsolete = in.one_of(" -") == '-';
  const unsigned month = in.month();
  in.one_of(obsolete ? "-" : " ");
  std::int64_t year = in.digits(obsolete ? 2 : 4);
  if (obsolete) year += year >= 70 ? 1900 : 2000;
  in.one_of(" ");
  const auto [hour, minute, second] = read_clock(in);
  if (!in.ok()) return std::nullopt;
  return make_time(make_day(year, month, day), hour, minute, second);
}

// Sun Nov  6 08:49:37 1994
std::optional<UnixSeconds> parse_asctime(std::string_view text) {
  Reader in(text);
  in.skip(4);
  const unsigned month = in.month();
  in.one_of(" ");
  const std::int64_t day = in.take(' ') ? in.digits(1) : in.digits(2);
  in.one_of(" ");
  const auto [hour, minute, second] = read_clock(in);
  in.one_of(" ");
  const std::int64_t year = in.digits(4);
  if (!in.ok()) return std::nullopt;
  return make_time(make_day(year, month, day), hour, minute, second);
}

}  // namespace

UnixSeconds from_unix(std::int64_t value) { return UnixSeconds{seconds{value}}; }

UnixSeconds from_millis(std::int64_t milliseconds) {
  return std::chrono::floor<seconds>(
      std::chrono::sys_time<std::chrono::milliseconds>{std::chrono::milliseconds{milliseconds}});
}

std::int64_t to_unix(UnixSeconds time) { return time.time_since_epoch().count(); }

Day day_of(UnixSeconds time) { return std::chrono::floor<std::chrono::days>(time); }

std::optional<UnixSeconds> parse_time(std::string_view text) {
  Reader in(trim(text));
  const std::optional<Day> day = read_day(in);
  in.one_of("T t");
  const auto [hour, minute, second] = read_clock(in);
  if (in.take('.') || in.take(',')) in.skip_digits();
  const seconds offset = read_offset(in);
  const auto local = make_time(day, hour, minute, second);
  if (!in.ok() || !in.at_end() || !local) return std::nullopt;
  return *local - offset;
}

std::string format_time(UnixSeconds time) {
  return concat({format_day(day_of(time)), "T", full_clock(time), "Z"});
}

std::optional<UnixSeconds> parse_http_date(std::string_view text) {
  text = trim(text);
  return contains(text, ",") ? parse_dated_by_comma(text) : parse_asctime(text);
}

std::string format_http_date(UnixSeconds time) {
  const auto date = date_of(time);
  const std::chrono::weekday weekday{day_of(time)};
  return std::string(weekdays[weekday.c_encoding()]) + ", " + padded(static_cast<unsigned>(date.day()), 2) +
         ' ' + std::string(months[static_cast<unsigned>(date.month()) - 1]) + ' ' +
         padded(static_cast<int>(date.year()), 4) + ' ' + full_clock(time) + " GMT";
}

std::optional<std::int64_t> parse_retry_after(std::string_view text, UnixSeconds now) {
  text = trim(text);
  if (const auto secs = parse_int64(text)) return *secs < 0 ? 0 : *secs;
  const auto until = parse_http_date(text);
  if (!until) return std::nullopt;
  return *until < now ? 0 : (*until - now).count();
}

std::optional<Day> parse_day(std::string_view text) {
  Reader in(trim(text));
  const auto day = read_day(in);
  return in.at_end() ? day : std::nullopt;
}

std::string format_day(Day day) {
  const std::chrono::year_month_day date{day};
  return three_numbers(static_cast<int>(date.year()), 4, '-', static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

std::string format_short_day(Day day) {
  const std::chrono::year_month_day date{day};
  return concat(
      {decimal(static_cast<unsigned>(date.day())), " ", months[static_cast<unsigned>(date.month()) - 1]});
}

std::string format_past_day(Day day, Day today) {
  const std::chrono::year_month_day date{day};
  if (today - day < std::chrono::days(300)) return format_short_day(day);
  return concat({format_short_day(day), " ", decimal(static_cast<int>(date.year()))});
}

std::string format_clock(UnixSeconds time) { return full_clock(time).substr(0, 5); }

std::string describe(std::chrono::seconds duration) {
  const std::int64_t total = duration.count();
  if (total <= 0) return "now";
  if (total < 60) return decimal(total) + " s";
  if (total < 3600) return decimal(total / 60) + " min";
  const std::int64_t hours = total / 3600;
  if (hours < 24) return decimal(hours) + " h";
  const std::int64_t days = hours / 24;
  if (days >= 3 || hours % 24 == 0) return decimal(days) + " d";
  return decimal(days) + " d " + decimal(hours % 24) + " h";
}

}  // namespace wf
