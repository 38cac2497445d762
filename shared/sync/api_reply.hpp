#pragma once
// Answers of the API: JSON, and errors as application/problem+json with a stable `type`.
// https://www.rfc-editor.org/rfc/rfc9457

#include <cstdint>
#include <string_view>

#include "shared/base/json.hpp"
#include "shared/base/result.hpp"
#include "shared/sync/database.hpp"
#include "shared/sync/effects.hpp"

namespace wf {

// From status 400 on the body is a problem.
Respond json_reply(int status, const Json& body);

// type: "urn:webfluentia:<type>". `detail` may be shown to people; empty: none.
Respond problem_reply(int status, std::string_view type, std::string_view title,
                      std::string_view detail = {});

// Adds when to ask again, a day from now at most.
Respond with_retry_after(Respond answer, std::int64_t secs);

// Of a provider that was asked on somebody's behalf. Its error's kind decides the status: 409 for what is
// not configured, 503 with Retry-After for what only needs time, 502 for the rest.
Respond provider_problem_reply(const Error& error);

// Of a service that takes keys or ids of the workspace's own.
Respond settings_unreadable_reply();
Respond switched_off_reply();

// The database refused: a mistake of ours. Or it does not answer, see below.
Respond database_problem_reply(const DatabaseProblem& problem);
// The database does not answer: the same request may succeed later.
Respond database_away_reply();

}  // namespace wf
