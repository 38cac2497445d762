#include "shared/analysis/detector.hpp"

#include <algorithm>
#include <cmath>

#include "shared/analysis/robust.hpp"

namespace wf {
namespace {

constexpr double threshold = 4.5;
constexpr double kept_deviations = 3;  // what is left of an outlier for later days to be compared with
// Page's reference value and limit. One day, however wild, must not look like a lasting change.
constexpr double drift_allowed = 1;
constexpr double drift_limit = 8;
constexpr double most_per_day = 4;
constexpr std::size_t least_shift_days = 3;
constexpr std::size_t most_shift_days = 28;
// From here on a drift's own days are no measure of what is usual.
constexpr double drift_in_question = 3;
constexpr double most_memory = 0.1;
constexpr std::chrono::days days_of_a_level{14};
constexpr double least_shift = 0.1;  // of what was expected
constexpr double chance_of_zeros = 1e-4;
// A campaign or holidays of some weeks were no lasting change, and their end is none.
constexpr std::chrono::days most_of_an_episode{24};
constexpr double as_before = 0.25;  // of what was expected before it

bool is_judgeable(const Forecast& usual, double root) { return !usual.sparse || root != 0; }

// Between its sales a quiet shop may sell little: only much, or less than nothing, is news.
bool is_news(const Forecast& usual, double root, double deviations) {
  return std::abs(deviations) > threshold && (!usual.sparse || deviations > 0 || root < 0);
}

// Near zero the root of a count is lopsided; with Anscombe's 3/8 its lower side is that of the normal
// distribution, and none where six are usual is no news.
double deviations_of(const Forecast& usual, double root, bool counts) {
  const double above = root - usual.expected;
  if (!counts || above >= 0 || root < 0) return above / usual.scale;
  return (std::sqrt(root * root + 0.375) - std::sqrt(usual.expected * usual.expected + 0.375)) / usual.scale;
}

// What usual becomes when `expected` became `actual`. A factor keeps the shape of the week; it needs both
// levels on one side of zero.
double moved(double usual, double actual, double expected) {
  return actual * expected > 0 ? usual * (actual / expected) : usual + actual - expected;
}

// Three days on, so that the last three days of a month and the first three of the next are one to six.
unsigned place_in_month(Day day) {
  return static_cast<unsigned>(std::chrono::year_month_day(day + std::chrono::days(3)).day());
}

double power(double base, std::size_t times) {
  double result = 1;
  for (std::size_t i = 0; i < times; ++i) result *= base;
  return result;
}

}  // namespace

std::string_view name(AnomalyKind kind) {
  if (kind == AnomalyKind::spike) return "spike";
  return kind == AnomalyKind::drop ? "drop" : "shift";
}

void Detector::add(Day day, std::optional<double> value) {
  day_ = day;
  std::optional<KeptDay> today;
  if (value && std::isfinite(*value)) {
    const double root = signed_root(*value);
    if (root != 0 && (stopped_ || zeros_told_)) end_shift(known_);
    stopped_ = stopped_ && root == 0;
    known_ = day;
    if (!stopped_) today = KeptDay{.actual = root, .kept = root, .forecast = root};
  }
  const auto usual = today ? forecast(history_, counts_, days_in_question()) : std::nullopt;
  if (usual) {
    memory_ = usual->memory;
    judge(*usual, *value, *today);
  }
  std::move_backward(history_.begin(), history_.end() - 1, history_.end());
  history_[0] = today;
  for (Drift* drift : {&up_, &down_}) drift->days += drift->sum > 0 ? 1 : 0;
  if (!usual) return;
  follow_zeros(*usual, *today);
  const bool judgeable = is_judgeable(*usual, today->actual) && !usual->sparse;
  follow_drift(*usual, judgeable ? deviations_of(*usual, today->actual, counts_) : 0);
}

void Detector::judge(const Forecast& usual, double value, KeptDay& today) {
  if (!is_judgeable(usual, today.actual)) return;
  const double deviations = deviations_of(usual, today.actual, counts_);
  today.forecast = usual.expected;
  today.judged = !usual.sparse;
  if (!is_news(usual, today.actual, deviations)) return;
  if (!recurs(today.actual - usual.expected))
    report(usual, deviations > 0 ? AnomalyKind::spike : AnomalyKind::drop, value, deviations, day_);
  today.kept = usual.expected + std::copysign(kept_deviations * usual.scale, deviations);
}

// A mailing every other week, the third time: the weekday's median knows nothing of it, and it is no news.
bool Detector::recurs(double above) const {
  const auto like_it = [&](std::size_t ago) {
    const auto& day = history_[ago - 1];
    const double share = day ? (day->actual - day->forecast) / above : 0;
    return share > 0.5 && share < 2;
  };
  // Bills on the first and letters on the last working day come a month apart, of which eight weeks hold one.
  for (std::size_t ago = 26; above > 0 && ago <= 35; ++ago) {
    if (!like_it(ago)) continue;
    const unsigned now = place_in_month(day_), then = place_in_month(day_ - std::chrono::days(ago));
    if (now == then || std::max(now, then) <= 6) return true;
  }
  for (const std::size_t period : {14u, 21u, 28u}) {
    int times = 0;
    for (std::size_t ago = period; ago <= history_days; ago += period) times += like_it(ago) ? 1 : 0;
    if (times >= 2) return true;
  }
  return false;
}

void Detector::report(const Forecast& usual, AnomalyKind kind, double value, double score, Day day) {
  const double room = threshold * usual.scale;
  const double low = usual.expected - room;
  // What was never below zero is not expected there either.
  const bool positive = usual.expected >= 0 && (low >= 0 || value >= 0);
  anomalies_.push_back({.day = day,
                        .kind = kind,
                        .value = value,
                        .expected = signed_square(usual.expected),
                        .low = positive ? signed_square(std::max(0.0, low)) : signed_square(low),
                        .high = signed_square(usual.expected + room),
                        .score = std::abs(score),
                        .found = day_});
  for (auto one = anomalies_.end() - 1; one != anomalies_.begin() && (one - 1)->day > one->day; --one)
    std::swap(*one, *(one - 1));
}

// One day without a sale is usual where they are few; a fortnight may be a broken shop.
void Detector::follow_zeros(const Forecast& usual, const KeptDay& today) {
  if (today.actual != 0) {
    zeros_ = 0;
    zeros_told_ = false;
    return;
  }
  ++zeros_;
  if (!usual.sparse || zeros_told_) return;
  const double chance = chance_of_zero(history_, zeros_);
  if (power(chance, zeros_) > chance_of_zeros) return;
  zeros_told_ = true;
  const double odds = (1 - chance) / chance;
  const Day began = day_ - std::chrono::days(zeros_ - 1);
  end_shift(began - std::chrono::days(1));
  report(usual, AnomalyKind::shift, 0, std::sqrt(static_cast<double>(zeros_) * odds), began);
}

void Detector::follow_drift(const Forecast& usual, double deviations) {
  const double step = std::clamp(deviations, -most_per_day, most_per_day);
  const bool rose = add_step(up_, step), fell = add_step(down_, -step);
  if (rose || fell) settle_shift(usual, rose ? up_ : down_);
}

// Else a small lasting change would be usual before it is found. Where days hang together a drift grows by
// chance as well: there usual goes with it.
std::size_t Detector::days_in_question() const {
  const Drift& drift = up_.sum > down_.sum ? up_ : down_;
  const bool measured = day_ - level_since_ > days_of_a_level + std::chrono::days(drift.days);
  if (drift.sum <= drift_in_question || memory_ >= most_memory || !measured) return 0;
  return std::min(drift.days, most_shift_days);
}

bool Detector::add_step(Drift& drift, double step) {
  const double sum = std::max(0.0, drift.sum + step - drift_allowed);
  if (sum == 0)
    drift = {};
  else if (drift.sum == 0)
    drift = {.sum = sum, .days = 1};
  else
    drift.sum = sum;
  return drift.sum >= drift_limit && drift.days >= least_shift_days;
}

void Detector::settle_shift(const Forecast& usual, const Drift& drift) {
  std::vector<double> actual, expected;
  const std::size_t nothing = days_of_nothing(usual);
  const bool stopped = nothing >= 2;
  const std::size_t days = stopped ? nothing : std::min(drift.days, most_shift_days);
  for (std::size_t i = 0; i < days; ++i) {
    if (!history_[i] || !history_[i]->judged) continue;
    const bool is_closed = history_[i]->actual == 0 && history_[i]->forecast == 0;
    if (is_closed) continue;  // it says nothing of the others
    actual.push_back(history_[i]->actual);
    expected.push_back(history_[i]->forecast);
  }
  const auto count = static_cast<double>(actual.size());
  const double came = median(actual);
  const Forecast before{.expected = median(expected), .scale = usual.scale};
  const double score = (drift.sum / static_cast<double>(drift.days) + drift_allowed) * std::sqrt(count);
  const double change = std::abs(signed_square(came) - signed_square(before.expected));
  if (change >= least_shift * std::abs(signed_square(before.expected))) {
    const Day began = day_ - std::chrono::days(days - 1);
    std::erase_if(anomalies_, [&](const Anomaly& one) {
      const double since = moved(signed_root(one.expected), came, before.expected);
      const bool unlike = std::abs(signed_root(one.value) - since) > threshold * usual.scale;
      const bool is_a_day = one.kind != AnomalyKind::shift && !one.until;
      return one.day >= began && (stopped || one.day == began || !is_a_day || !unlike);
    });
    tell_shift(before, signed_square(came), score, began);
  }
  up_ = down_ = {};
  level_since_ = day_;
  if (stopped)
    forget_stop(days);
  else
    rebase(days, came, before.expected);
}

// After a few weeks of something else (a campaign, Christmas) usual is still what was before it: that it
// comes back is no change. As it was is by the factor of its own days, for those may be a weekend's.
void Detector::tell_shift(Forecast before, double value, double score, Day began) {
  const Anomaly* over = end_shift(began - std::chrono::days(1));
  if (over != nullptr && began - over->day <= most_of_an_episode) {
    const bool by_factor = over->value * over->expected > 0;
    const double usual =
        by_factor ? signed_square(before.expected) * over->expected / over->value : over->expected;
    if (std::abs(value - usual) <= as_before * std::abs(usual)) return;
    before.expected = signed_root(usual);
  }
  report(before, AnomalyKind::shift, value, score, began);
}

// What was told as lasting, and is over.
const Anomaly* Detector::end_shift(Day last) {
  const auto shift = std::find_if(anomalies_.rbegin(), anomalies_.rend(), [](const Anomaly& one) {
    return one.kind == AnomalyKind::shift && !one.until;
  });
  if (shift == anomalies_.rend()) return nullptr;
  shift->until = last;
  if (last - shift->day < most_of_an_episode)
    shift->kind = shift->value > shift->expected ? AnomalyKind::spike : AnomalyKind::drop;
  return &*shift;
}

// How far back nothing came, where something was to come.
std::size_t Detector::days_of_nothing(const Forecast& usual) const {
  std::size_t days = 0;
  for (std::size_t i = 0; i < most_shift_days; ++i) {
    if (!history_[i]) continue;
    if (history_[i]->actual != 0) break;
    if (history_[i]->forecast > usual.scale) days = i + 1;
  }
  return days;
}

// Whatever stopped, an office for a week or a counter, goes on where it was: by days of zero its next
// ordinary day would be a spike, and nothing a fall.
void Detector::forget_stop(std::size_t days) {
  stopped_ = true;
  for (std::size_t i = 0; i < days; ++i)
    if (history_[i] && history_[i]->actual == 0) history_[i].reset();
}

void Detector::rebase(std::size_t days, double actual, double expected) {
  for (std::size_t i = 0; i < history_days; ++i) {
    if (!history_[i]) continue;
    KeptDay& day = *history_[i];
    day.kept = i < days ? day.actual : moved(day.kept, actual, expected);
  }
}

}  // namespace wf
