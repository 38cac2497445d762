#pragma once
// What a person may ask for, and what the model is told of it.

#include <string>
#include <string_view>

#include "shared/base/json.hpp"
#include "shared/base/result.hpp"
#include "shared/connectors/openai/settings.hpp"
#include "shared/sync/action.hpp"

namespace wf::openai {

// The bodies of POST /api/workspaces/{slug}/insights|content|explanation; README.md has their members. What
// they give has a `purpose`, which public.ai_facts reads as well. Errors: data.
Result<Json> check_insights(const Json& body);
Result<Json> check_content(const Json& body);
Result<Json> check_explanation(const Json& body);

// Everything that the model is given, and nothing else is: it is stored as the request's facts. Errors: data,
// there is nothing to write about.
Result<Json> given_to_model(const ActionQuery& query, Day today);

// https://platform.openai.com/docs/api-reference/responses/create
// `client_id`: whose request it is; OpenAI sees its hash and may hold misuse against that alone, not the key.
// https://platform.openai.com/docs/guides/safety-best-practices
std::string request_body(const Settings& settings, const Json& given, std::string_view client_id);

}  // namespace wf::openai
