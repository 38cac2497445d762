#include "shared/sync/refetches.hpp"

#include <utility>

#include "shared/sync/pages.hpp"
#include "shared/sync/policy.hpp"

namespace wf {
namespace {

// Of what this key may not fetch, a few are kept for the day on which it may: the others would be in the way.
constexpr std::size_t most_passed_over = 100;

}  // namespace

std::optional<HttpRequest> Refetches::next(const Connector& connector) {
  while (left() > 0) {
    const ObjectRef& ref = open_[passed_over_];
    if (ref.table == refused_table_)
      pass_over();
    else if (auto request = connector.fetch ? connector.fetch(ref) : std::nullopt)
      return request;
    else
      drop();
  }
  return std::nullopt;
}

tl::expected<void, Problem> Refetches::take(const Connector& connector, const EffectResult& result,
                                            std::int64_t attempt, UnixSeconds now) {
  const ObjectRef& ref = open_[passed_over_];
  auto fetched = read_object(connector, ref, result, now);
  if (fetched) {
    append(rows, *std::move(fetched));
    drop();
    return {};
  }
  Problem& problem = fetched.error();
  if (!next_try(problem, attempt).final) return tl::unexpected<Problem>(std::move(problem));
  const ErrorKind kind = problem.error.kind;
  if (kind == ErrorKind::credentials || kind == ErrorKind::configuration) refused_table_ = ref.table;
  problem.remedy = Remedy::give_up;
  if (!refused) refused = std::move(problem);
  pass_over();
  return {};
}

void Refetches::drop() { open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(passed_over_)); }

void Refetches::pass_over() {
  if (passed_over_ < most_passed_over)
    ++passed_over_;
  else
    drop();
}

}  // namespace wf
