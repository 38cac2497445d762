#include "shared/sync/questions.hpp"

#include <algorithm>
#include <utility>

#include "shared/base/text.hpp"

namespace wf {

void Questions::begin(const Webhook& webhook, const Received& received) {
  if (webhook.questions) open_ = webhook.questions(received);
  std::reverse(open_.begin(), open_.end());
}

std::optional<Effect> Questions::next(const Database& database, std::string_view client_id) {
  if (open_.empty()) return std::nullopt;
  Question question = std::move(open_.back());
  open_.pop_back();
  if (auto* verify = std::get_if<Verify>(&question)) return std::move(*verify);
  const Lookup& lookup = std::get<Lookup>(question);
  return database.select(lookup.table, concat({"client_id=eq.", client_id, "&", lookup.query}));
}

tl::expected<void, DatabaseProblem> Questions::take(const EffectResult& result) {
  if (const auto* verified = std::get_if<Verified>(&result)) {
    answers_.push_back(Json(verified->valid));
    return {};
  }
  auto rows = read_answer(result);
  if (!rows) return tl::unexpected<DatabaseProblem>(std::move(rows.error()));
  answers_.push_back(*std::move(rows));
  return {};
}

}  // namespace wf
