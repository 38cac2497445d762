#include "shared/connectors/google/errors.hpp"

#include "shared/base/json.hpp"
#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"

namespace wf::google {
namespace {

// Google's own free text may quote what it was sent; a code cannot.
std::string code_in(const Json& object, std::string_view key) {
  const std::string_view text = find_text(object, key);
  return std::string(is_code(text, 80) ? text : "");
}

// https://developers.google.com/google-ads/api/docs/best-practices/understand-api-errors
void read_ads_failure(const Json& failure, ApiError& error) {
  for (const Json& one : list_in(failure, "errors")) {
    const Json* code = find_object(one, "errorCode");
    if (code && !code->empty() && error.kind.empty()) {
      error.kind = code->get_ptr<const Json::object_t*>()->begin()->first;
      error.code = code_in(*code, error.kind);
    }
    const Json* details = find_object(one, "details");
    const Json* quota = details ? find_object(*details, "quotaErrorDetails") : nullptr;
    if (quota && !error.retry_delay_secs)
      error.retry_delay_secs = parse_duration(find_text(*quota, "retryDelay"));
  }
}

void read_detail(const Json& detail, ApiError& error) {
  if (!detail.is_object()) return;
  read_ads_failure(detail, error);
  // google.rpc.ErrorInfo and google.rpc.RetryInfo
  if (error.reason.empty()) error.reason = code_in(detail, "reason");
  if (const Json* metadata = find_object(detail, "metadata"); metadata && error.quota.empty())
    error.quota = code_in(*metadata, "quota_limit");
  if (!error.retry_delay_secs) error.retry_delay_secs = parse_duration(find_text(detail, "retryDelay"));
}

}  // namespace

std::string_view ApiError::word() const { return code.empty() ? status : code; }

std::optional<ApiError> read_api_error(const HttpReply& reply) {
  const Json body = json_or_null(reply.body);
  const Json* holder = &body;
  if (const auto* chunks = body.get_ptr<const Json::array_t*>(); chunks && !chunks->empty())
    holder = &chunks->back();
  const Json* object = find_object(*holder, "error");
  if (!object) return std::nullopt;
  ApiError error;
  error.status = code_in(*object, "status");
  error.message = find_text(*object, "message");
  if (const auto errors = list_in(*object, "errors"); !errors.empty()) {
    error.code = code_in(errors.front(), "reason");
    error.domain = code_in(errors.front(), "domain");
  }
  for (const Json& detail : list_in(*object, "details")) read_detail(detail, error);
  if (error.code.empty()) error.code = error.reason;
  return error;
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  if (text.size() < 2 || text.back() != 's') return std::nullopt;
  text.remove_suffix(1);
  const auto point = text.find('.');
  auto seconds = parse_int64(text.substr(0, point));
  if (!seconds || *seconds < 0 || *seconds > 366 * 86'400) return std::nullopt;
  if (point == std::string_view::npos) return seconds;
  const std::string_view fraction = text.substr(point + 1);
  if (fraction.empty() || fraction.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  return *seconds + (fraction.find_first_not_of('0') == std::string_view::npos ? 0 : 1);
}

bool is_html(const HttpReply& reply) { return starts_with(trim(reply.body), "<"); }

}  // namespace wf::google
