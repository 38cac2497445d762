#pragma once
// OpenAI: insights, drafts and explanations, when a person asks for them. What is sent, stored and checked
// is in README.md.

#include "shared/sync/connector.hpp"

namespace wf::openai {

extern const Connector connector;

}  // namespace wf::openai
