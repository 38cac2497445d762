#pragma once
// What OpenAI's own codes and headers add to the meaning of an HTTP status.
// https://platform.openai.com/docs/guides/error-codes

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "shared/base/json.hpp"
#include "shared/sync/connector.hpp"

namespace wf::openai {

// What OpenAI's own check of requests refused, which errs: neither the service nor its key could mend it.
inline constexpr std::string_view refused_prompt = "invalid_prompt";
bool is_refused_prompt(const Json& body);

Problem explain(const HttpReply& reply, Problem general);

// The problem of an `error` member, also inside a reply that is a success.
Problem explain_error(const Json& error, Problem general);

// A duration as Go writes it: "120ms", "6m0s", "1h2m3.5s". Anything else: none.
std::optional<std::chrono::milliseconds> parse_go_duration(std::string_view text);

// The code that a message of `explain` ends with: "(model_not_found)". Empty: there is none.
std::string code_in(std::string_view message);

}  // namespace wf::openai
