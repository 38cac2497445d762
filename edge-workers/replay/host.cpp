#include "edge-workers/replay/host.hpp"

#include <algorithm>
#include <utility>

#include "edge-workers/replay/json_parts.hpp"
#include "shared/base/text.hpp"

namespace wf::replay {

namespace {

// `parts`: what the core was given, then what it gave.
std::string body_of_effect(const Json& effect, const std::vector<std::string>& parts) {
  const auto number = find_int64(effect, "body");
  if (!number || *number < 0 || *number >= static_cast<std::int64_t>(parts.size())) return {};
  return parts[static_cast<std::size_t>(*number)];
}

Frame failed(std::string_view reason, std::string_view message) {
  return {{{"failed", std::string(reason)}, {"message", std::string(message)}}, {}};
}

Frame http_reply(int status, const Headers& headers, std::string body) {
  Json list = Json::array();
  for (const auto& [name, value] : headers) list.push_back(Json::array({to_lower(name), value}));
  return {{{"status", status}, {"headers", list}, {"body", 1}}, {std::move(body)}};
}

// True when one more use is allowed; counts it.
bool use(Times& times) {
  if (!times) return true;
  if (*times <= 0) return false;
  --*times;
  return true;
}

bool holds_all(std::string_view url, const std::vector<std::string>& parts) {
  return std::all_of(parts.begin(), parts.end(),
                     [&](const std::string& part) { return contains(url, part); });
}

}  // namespace

std::optional<Frame> ReplayHost::carry_out(const Json& effect, const std::vector<std::string>& parts,
                                           UnixSeconds now) {
  note(effect);
  const std::string kind = text_in(effect, "kind");
  const std::string body = body_of_effect(effect, parts);
  if (kind == "http") return http(effect, body, now);
  if (kind == "respond") respond(effect, body);
  if (kind == "log") logs.push_back(effect.value("fields", Json::object()));
  if (kind == "respond" || kind == "log" || kind == "done") return std::nullopt;
  if (kind == "enqueue") return enqueue(effect, now);
  if (take_fault(kind, "") != nullptr) return failed("unavailable", "the scenario says so");
  if (kind == "put_object") return put_object(effect, body);
  if (kind == "get_object") return get_object(effect);
  if (kind == "verify") return Frame{credentials_.verify(effect, body, password), {}};
  if (kind == "sign") return Frame{credentials_.sign(effect, now), {}};
  problems.push_back("unknown effect " + kind);
  return failed("unknown", kind);
}

void ReplayHost::note(const Json& effect) {
  const std::string kind = text_in(effect, "kind");
  std::string line = kind;
  if (kind == "http") {
    std::string url = text_in(effect, "url");
    if (starts_with(url, database_url)) url = url.substr(database_url.size());
    line += " " + text_in(effect, "method") + " " + url;
  }
  for (const char* member : {"key", "secret", "outcome"}) {
    if (const std::string value = text_in(effect, member); !value.empty()) line += " " + value;
  }
  if (const auto status = find_int64(effect, "status")) line += " " + std::to_string(*status);
  if (kind == "log") line += " " + text_in(effect, "level");
  if (kind == "enqueue" || text_in(effect, "outcome") == "retry") {
    line += " after " + std::to_string(find_int64(effect, "delay_secs").value_or(0)) + " s";
  }
  effects.push_back(line);
}

const Fault* ReplayHost::take_fault(std::string_view kind, std::string_view function) {
  for (Fault& fault : scenario_.faults) {
    if (fault.kind != kind || fault.function != function || !use(fault.times)) continue;
    fault.met = true;
    return &fault;
  }
  return nullptr;
}

Frame ReplayHost::http(const Json& effect, const std::string& body, UnixSeconds now) {
  const std::string url = text_in(effect, "url");
  if (find(effect, "capture") != nullptr) return grant(effect, body, now);
  if (!starts_with(url, database_url)) return ask_provider(effect, body, now);
  return ask_database(effect, std::string_view(url).substr(database_url.size()), body, now);
}

Frame ReplayHost::ask_database(const Json& effect, std::string_view path, const std::string& body,
                               UnixSeconds now) {
  constexpr std::string_view functions = "/rest/v1/rpc/";
  const std::string function(starts_with(path, functions) ? path.substr(functions.size()) : path);
  if (const Fault* fault = take_fault("database", function)) {
    if (fault->status == 0) return failed("network", "the scenario says so");
    return http_reply(fault->status, {{"content-type", "application/json"}}, fault->body);
  }
  const auto call = parse_json(body, function);
  const Json* p = call ? find_object(*call, "p") : nullptr;
  auto answer = p != nullptr ? database_.call(function, *p, now) : std::nullopt;
  // What is not stood in for may be recorded, like a provider's reply.
  if (!answer) return ask_provider(effect, body, now);
  return http_reply(200, {{"content-type", "application/json"}}, dump(*answer));
}

// A token endpoint: the flow learns that there is a token, never which.
Frame ReplayHost::grant(const Json& effect, const std::string& body, UnixSeconds now) {
  if (credentials_.holds(effect, now)) return {{{"captured", true}}, {}};
  Frame reply = ask_provider(effect, body, now);
  const auto status = find_int64(reply.control, "status").value_or(0);
  if (status < 200 || status > 299) return reply;
  return {credentials_.capture(effect, reply.parts.front(), now), {}};
}

Frame ReplayHost::ask_provider(const Json& effect, const std::string& body, UnixSeconds now) {
  const std::string url = text_in(effect, "url");
  if (const auto name = credentials_.missing(effect, body, now))
    return {{{"failed", "secret_missing"}, {"message", "not there"}, {"name", *name}}, {}};
  for (ProviderReply& reply : scenario_.replies) {
    if (!holds_all(url, reply.to) || !holds_all(body, reply.sends) || !use(reply.times)) continue;
    reply.used = true;
    if (!reply.failed.empty()) return failed(reply.failed, "the scenario says so");
    Headers headers = reply.headers;
    const bool dated = std::any_of(headers.begin(), headers.end(),
                                   [](const auto& pair) { return to_lower(pair.first) == "date"; });
    if (!dated) headers.emplace_back("date", format_http_date(now));
    return http_reply(reply.status, headers, reply.body);
  }
  problems.push_back("no recorded reply for " + url);
  return failed("network", "no recorded reply");
}

// A misspelt name would be met by nothing, and the scenario would test a fine day. What is killed may not
// have come that far.
Json ReplayHost::all_problems() const {
  Json all = problems;
  if (!scenario_.kill_after.empty()) return all;
  for (const Fault& fault : scenario_.faults)
    if (!fault.met) all.push_back("nothing met the fault " + fault.kind + " " + fault.function);
  for (const ProviderReply& reply : scenario_.replies)
    if (reply.times && !reply.used) all.push_back("nobody asked for the reply to " + dump(Json(reply.to)));
  return all;
}

Frame ReplayHost::put_object(const Json& effect, const std::string& body) {
  const std::string key = text_in(effect, "key");
  const bool keep = is_true(effect, "if_absent") && objects.contains(key);
  if (keep) return {{{"stored", false}}, {}};
  objects[key] = body;
  metadata.erase(key);
  if (const Json* given = find_object(effect, "metadata")) metadata[key] = *given;
  return {{{"stored", true}}, {}};
}

Frame ReplayHost::get_object(const Json& effect) {
  const auto found = objects.find(text_in(effect, "key"));
  if (found == objects.end()) return {{{"found", false}}, {}};
  Json result = {{"found", true}, {"body", 1}};
  if (const auto kept = metadata.find(found->first); kept != metadata.end())
    result["metadata"] = kept->second;
  return {std::move(result), {found->second}};
}

Frame ReplayHost::enqueue(const Json& effect, UnixSeconds now) {
  if (take_fault("enqueue", "") != nullptr) return failed("unavailable", "the scenario says so");
  const std::chrono::seconds delay{find_int64(effect, "delay_secs").value_or(0)};
  queue.push_back({effect.value("message", Json::object()), now + delay});
  return {{{"queued", true}}, {}};
}

void ReplayHost::respond(const Json& effect, const std::string& body) {
  responses.push_back({{"status", effect.value("status", Json())},
                       {"headers", effect.value("headers", Json::array())},
                       {"body", body}});
}

}  // namespace wf::replay
