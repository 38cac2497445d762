#pragma once
// What a webhook's parse must know before it can read a delivery, asked one by one (connector.hpp).

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "shared/sync/connector.hpp"
#include "shared/sync/database.hpp"

namespace wf {

class Questions {
 public:
  void begin(const Webhook& webhook, const Received& received);
  std::optional<Effect> next(const Database& database, std::string_view client_id);  // none: all are answered
  tl::expected<void, DatabaseProblem> take(const EffectResult& result);
  const Json& answers() const { return answers_; }

 private:
  std::vector<Question> questions_;
  std::size_t next_ = 0;
  Json answers_ = empty_list();
};

}  // namespace wf
