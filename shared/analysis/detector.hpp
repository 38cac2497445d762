#pragma once
// Unusual days of a daily series. There is nothing to train: each day is judged by the eight weeks
// before it, in one pass, and 56 days are all that is remembered.
//
// - A day is a spike or a drop when its modified z-score, by median and median deviation, is beyond
//   `threshold`. B. Iglewicz and D. Hoaglin, "How to Detect and Handle Outliers", ASQC 1993. Not told is what
//   comes every two, three or four weeks for the third time, or on the same day of the month (or at its turn)
//   again.
// - A lasting change is found by a two-sided cumulative sum (E. S. Page, "Continuous inspection
//   schemes", Biometrika 41, 1954), told once, on the day it began, instead of the days in it that are like
//   the others since. While it is in question its days are no part of what is usual, unless days hang
//   together. The history is then rescaled to the new level, so that the season is not learned again. A fall
//   to nothing is no level: it is told, and its days are nothing to compare with. Of a change that is over
//   the last day is told, too; one of a few weeks is a spike or a drop, and what was before it is still the
//   usual.
// - What a day is compared with is in baseline.hpp.
//
// Any finite input is answered with finite numbers; every build gives the same ones.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "shared/analysis/baseline.hpp"
#include "shared/base/time.hpp"

namespace wf {

enum class AnomalyKind : std::uint8_t { spike, drop, shift };
std::string_view name(AnomalyKind kind);

struct Anomaly {
  Day day{};
  AnomalyKind kind = AnomalyKind::spike;
  // In the unit of the series. Of a shift: the medians since `day`, of what came and of what was expected.
  double value = 0;
  double expected = 0;
  double low = 0;  // low to high is usual
  double high = 0;
  double score = 0;  // deviations from what was expected; never negative
  Day found{};       // with the values of which day it showed: of a shift, later than `day`
  // Of what was told as lasting, and is over: its last day; the medians are of days from `day` to it.
  std::optional<Day> until;
  bool operator==(const Anomaly&) const = default;
};

class Detector {
 public:
  // `counts`: whole events, whose chance alone makes a deviation of the root of their number.
  explicit Detector(bool counts) : counts_(counts) {}

  // The next day; none when nothing is known of it. What is not finite counts as unknown.
  void add(Day day, std::optional<double> value);

  // So far, in the order of the days. A shift that is found late replaces the days in it.
  const std::vector<Anomaly>& anomalies() const { return anomalies_; }

 private:
  struct Drift {
    double sum = 0;
    std::size_t days = 0;  // with and without values, since it began
  };

  void judge(const Forecast& usual, double value, KeptDay& today);
  bool recurs(double above) const;
  // `value` in the unit of the series.
  void report(const Forecast& usual, AnomalyKind kind, double value, double score, Day day);
  void follow_zeros(const Forecast& usual, const KeptDay& today);
  void follow_drift(const Forecast& usual, double deviations);
  std::size_t days_in_question() const;
  static bool add_step(Drift& drift, double step);  // true: it is a lasting change now
  std::size_t days_of_nothing(const Forecast& usual) const;
  void forget_stop(std::size_t days);
  void settle_shift(const Forecast& usual, const Drift& drift);
  void tell_shift(Forecast before, double value, double score, Day began);
  const Anomaly* end_shift(Day last);
  void rebase(std::size_t days, double actual, double expected);

  bool counts_;
  Day day_{};
  Day known_{};  // the last day before it with a value
  History history_{};
  Drift up_, down_;
  double memory_ = 0;  // of the last forecast
  Day level_since_{};  // the last change that was told, or how it ended
  std::size_t zeros_ = 0;
  bool zeros_told_ = false;
  bool stopped_ = false;  // a fall to zero was told, and all that came since is zero
  std::vector<Anomaly> anomalies_;
};

}  // namespace wf
