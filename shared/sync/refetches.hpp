#pragma once
// Objects whose newest state no page and no delivery has, fetched one by one. What is never had keeps no
// other one waiting: it is passed over, and whoever asked fails for it at the end.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "shared/sync/connector.hpp"
#include "shared/sync/effects.hpp"

namespace wf {

class Refetches {
 public:
  // `open`: what is still to be had. What is done with is taken out of it; what was passed over stays, in
  // front.
  explicit Refetches(std::vector<ObjectRef>& open) : open_(open) {}

  std::size_t left() const { return open_.size() - passed_over_; }
  std::optional<HttpRequest> next(const Connector& connector);  // none: none is left
  // The answer to it. Errors: what may be had later, and is waited for.
  tl::expected<void, Problem> take(const Connector& connector, const EffectResult& result,
                                   std::int64_t attempt, UnixSeconds now);

  std::vector<RowBatch> rows;      // not yet applied
  std::optional<Problem> refused;  // why the first one was passed over

 private:
  void drop();
  void pass_over();

  std::vector<ObjectRef>& open_;
  std::size_t passed_over_ = 0;  // of `open`, the first ones
  std::string refused_table_;    // of which this key may fetch none
};

}  // namespace wf
