#pragma once
// Reads a response: whether the model answered at all, what it said, and what that used.

#include <optional>
#include <string>
#include <string_view>

#include "shared/base/json.hpp"
#include "shared/base/result.hpp"
#include "shared/connectors/openai/settings.hpp"
#include "shared/sync/http.hpp"

namespace wf::openai {

struct Answer {
  std::string state = "succeeded";  // or "refused", "incomplete", "failed"
  std::string failure_code{};       // "max_output_tokens"
  std::string failure_message{};
  Json::array_t items{};  // [{"title","body","facts":[ids]}], as the schema has it
  std::string model{};
  std::string response_id{};
  std::optional<Usage> usage{};
};

// Errors: data (the body is no response), and of whatever kind the response says that it failed with.
Result<Answer> read_answer_of_model(const HttpReply& reply, std::string_view who);

}  // namespace wf::openai
