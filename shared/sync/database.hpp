#pragma once
// The database as a flow sees it: functions called through PostgREST, and what their replies mean.
// https://docs.postgrest.org/en/stable/references/api/functions.html

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "shared/base/json.hpp"
#include "shared/sync/effects.hpp"

namespace wf {

// `away`: no answer, or none that says anything about this call; the same call may succeed later.
// `refused`: the call itself was refused (a constraint, a wrong value) and would be again.
enum class DatabaseTrouble { away, refused };

struct DatabaseProblem {
  DatabaseTrouble trouble = DatabaseTrouble::away;
  std::string message;    // code and message; never `details`, which quotes the row
  bool answered = false;  // that it will not: waiting does not help, somebody has to mend it
};

using DatabaseAnswer = tl::expected<Json, DatabaseProblem>;

class Database {
 public:
  explicit Database(std::string url, std::string publishable_key = {})
      : url_(std::move(url)), publishable_key_(std::move(publishable_key)) {}

  // public.<function>(p jsonb)
  HttpRequest call(std::string_view function, const Json& p) const;
  HttpRequest call_text(std::string_view function, std::string p) const;  // `p` is JSON
  // As the user whose request this is, under row level security.
  HttpRequest call_as_user(std::string_view function, const Json& p) const;
  // A URL that begins with "$SUPABASE_URL" is one of the database's own.
  void resolve(std::string& url) const;
  // `query` is everything after the question mark.
  HttpRequest select(std::string_view table, std::string_view query) const;

 private:
  HttpRequest request(std::string_view method, std::string_view path) const;
  std::string url_;
  std::string publishable_key_;
};

DatabaseAnswer read_answer(const EffectResult& result);

// How long a queue message rests while the database is away.
inline constexpr std::int64_t database_rest_secs = 30;

}  // namespace wf
