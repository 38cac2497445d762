#include "shared/connectors/openai/answer.hpp"

#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/connectors/openai/errors.hpp"

namespace wf::openai {
namespace {

constexpr std::size_t longest_refusal = 500;
constexpr std::size_t most_items = 10;

Answer& failed(Answer& answer, std::string_view state, std::string_view code, std::string_view message) {
  answer.state = std::string(state);
  answer.failure_code = std::string(code);
  answer.failure_message = std::string(message);
  return answer;
}

std::int64_t tokens(const Json& object, std::string_view name) {
  return std::max<std::int64_t>(find_int64(object, name).value_or(0), 0);
}

std::int64_t tokens_within(const Json& usage, std::string_view details, std::string_view name) {
  const Json* object = find_object(usage, details);
  return object ? tokens(*object, name) : 0;
}

// Null where nothing was billed, or where nobody knows.
std::optional<Usage> read_usage(const Json& body) {
  const Json* usage = find_object(body, "usage");
  if (!usage || !find_int64(*usage, "input_tokens") || !find_int64(*usage, "output_tokens"))
    return std::nullopt;
  return Usage{tokens(*usage, "input_tokens"), tokens_within(*usage, "input_tokens_details", "cached_tokens"),
               tokens(*usage, "output_tokens"),
               tokens_within(*usage, "output_tokens_details", "reasoning_tokens")};
}

struct Said {
  std::string text;
  std::string refusal;
  bool refused = false;
};

void add_parts(Said& said, const Json& message) {
  for (const Json& part : list_in(message, "content")) {
    const std::string_view type = find_text(part, "type");
    if (type == "output_text") said.text += find_text(part, "text");
    if (type != "refusal") continue;
    said.refused = true;
    said.refusal += find_text(part, "refusal");
  }
}

// All messages in their order: the first item may be reasoning, and what is not known yet is skipped.
Said said_in(const Json& body) {
  Said said;
  for (const Json& item : list_in(body, "output"))
    if (find_text(item, "type") == "message") add_parts(said, item);
  return said;
}

bool is_list_of_texts(const Json& object, std::string_view key) {
  for (const Json& item : list_in(object, key))
    if (!item.is_string()) return false;
  return find_array(object, key);
}

// The schema of the request once more, by ourselves.
bool fits_schema(const Json& said) {
  const auto items = list_in(said, "items");
  if (items.empty() || items.size() > most_items || said.size() != 1) return false;
  for (const Json& item : items)
    if (item.size() != 3 || !find_string(item, "title") || !find_string(item, "body") ||
        !is_list_of_texts(item, "facts"))
      return false;
  return true;
}

Answer& read_said(Answer& answer, const Said& said) {
  if (said.refused)
    return failed(answer, "refused", "refusal", shorten(without_secrets(said.refusal), longest_refusal));
  if (said.text.empty()) return failed(answer, "failed", "no_text", "the model gave no text");
  // Models write "f\u0000fcr" for "für" now and then, and the database would take none of the answer.
  auto json = parse_json(said.text, "answer");
  if (!json) return failed(answer, "failed", "not_json", "the model's text is not JSON");
  if (!fits_schema(*json))
    return failed(answer, "failed", "wrong_shape", "the model's JSON is not of the shape that was asked for");
  answer.items = std::move(*slot(*json, "items").get_ptr<Json::array_t*>());
  return answer;
}

Answer& read_incomplete(Answer& answer, const Json& body) {
  const Json* details = find_object(body, "incomplete_details");
  const std::string_view reason = details ? find_text(*details, "reason") : "";
  if (reason == "max_output_tokens")
    return failed(answer, "incomplete", reason,
                  "the answer was cut at OPENAI_MAX_OUTPUT_TOKENS, which reasoning uses as well");
  if (reason == "content_filter")
    return failed(answer, "incomplete", reason, "the provider's content filter stopped the answer");
  return failed(answer, "incomplete", "incomplete", "the provider did not finish the answer");
}

Error failure_of(const Json& body, std::string_view who) {
  Problem problem{{ErrorKind::provider, concat({who, ": the response failed"})}};
  const Json* error = find_object(body, "error");
  return error ? explain_error(*error, std::move(problem)).error : problem.error;
}

}  // namespace

Result<Answer> read_answer_of_model(const HttpReply& reply, std::string_view who) {
  const auto body = parse_json(reply.body, who);
  if (!body) return tl::unexpected<Error>(body.error());
  Answer answer{
      .model = text_in(*body, "model"), .response_id = text_in(*body, "id"), .usage = read_usage(*body)};
  if (is_refused_prompt(*body))
    return failed(answer, "refused", refused_prompt, "the provider's check of requests refused this one");
  const auto status = require_string(*body, "status", who);
  if (!status) return tl::unexpected<Error>(status.error());
  if (*status == "failed") return tl::unexpected<Error>(failure_of(*body, who));
  if (*status == "incomplete") return read_incomplete(answer, *body);
  if (*status != "completed")
    return failed(answer, "failed", "not_completed", "the response is neither completed nor failed");
  if (!find_array(*body, "output")) return fail(ErrorKind::data, {who, ": output is not a list"});
  return read_said(answer, said_in(*body));
}

}  // namespace wf::openai
