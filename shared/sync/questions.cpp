#include "shared/sync/questions.hpp"

#include <utility>

#include "shared/base/text.hpp"

namespace wf {

void Questions::begin(const Webhook& webhook, const Received& received) {
  if (webhook.questions) questions_ = webhook.questions(received);
  next_ = 0;
}

std::optional<Effect> Questions::next(const Database& database, std::string_view client_id) {
  if (next_ == questions_.size()) return std::nullopt;
  Question& question = questions_[next_++];
  if (auto* verify = std::get_if<Verify>(&question)) return std::move(*verify);
  const auto* lookup = std::get_if<Lookup>(&question);
  return database.select(lookup->table, concat({"client_id=eq.", client_id, "&", lookup->query}));
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
