#pragma once
// The rows of a request and of what was answered, and the body of the API's response.

#include <string>
#include <string_view>

#include "shared/base/json.hpp"
#include "shared/base/time.hpp"
#include "shared/connectors/openai/answer.hpp"
#include "shared/connectors/openai/settings.hpp"
#include "shared/sync/action.hpp"

namespace wf::openai {

// The workspace's day, as the database says.
Day today_of(const ActionQuery& query, UnixSeconds now);

// `most_micros`: what the call may cost at most.
std::vector<RowBatch> running_row(const ActionQuery& query, const Settings& settings, const Json& given,
                                  std::int64_t most_micros, UnixSeconds now);

// Of a call that gave no response: `unknown` says that nobody knows what became of it.
std::vector<RowBatch> failed_row(const ActionQuery& query, const Json& given, const Error& error,
                                 bool unknown, UnixSeconds now);

struct Told {
  const ActionQuery& query;
  const Settings& settings;
  const Json& given;
  const Answer& answer;
  std::string_view provider_request_id;
  UnixSeconds now;

  const std::string& state() const { return answer.state; }
};

// Each item with what in it was not given: 200.
ActionEnd answered(const Told& told);
// A response without a usable answer, which was paid for all the same: a problem (RFC 9457).
ActionEnd not_answered(const Told& told);

}  // namespace wf::openai
