#include "shared/connectors/pacific_day.hpp"

namespace wf {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::Sunday;

// From the second Sunday of March to the first of November, since 2007; the clocks change at two in
// the morning, so both Sundays begin in the old time. 15 U.S.C. 260a.
bool begins_in_summer_time(Day day) {
  const auto year = std::chrono::year_month_day(day).year();
  const Day begin{year / std::chrono::March / Sunday[2]};
  const Day end{year / std::chrono::November / Sunday[1]};
  return day > begin && day <= end;
}

}  // namespace

UnixSeconds pacific_midnight(Day day) {
  return UnixSeconds(day) + (begins_in_summer_time(day) ? hours{7} : hours{8});
}

Day pacific_day(UnixSeconds time) {
  const Day day = day_of(time - hours{8});
  return time >= pacific_midnight(day + days{1}) ? day + days{1} : day;
}

}  // namespace wf
