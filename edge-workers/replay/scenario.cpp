#include "edge-workers/replay/scenario.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "shared/base/text.hpp"

namespace wf::replay {

namespace {

using std::filesystem::path;

// Reads one scenario.json; the first thing that is wrong is the error of all.
class ScenarioReader {
 public:
  ScenarioReader(path folder, const Json& json) : folder_(std::move(folder)), json_(json) {}

  Result<Scenario> read() {
    refuse_unknown(json_,
                   {"about",   "stream",  "now",        "workspace", "client_id",  "partition",
                    "ids",     "secrets", "tables",     "cursor",    "facts",      "other_streams_fresh",
                    "replies", "faults",  "deliveries", "next_runs", "kill_after", "visits",
                    "ticks",   "action",  "input",      "requests",  "role"});
    read_head();
    read_kills();
    for (const Json& reply : list(json_, "replies")) scenario_.replies.push_back(read_reply(reply));
    for (const Json& fault : list(json_, "faults")) scenario_.faults.push_back(read_fault(fault));
    for (const Json& one : list(json_, "deliveries")) scenario_.deliveries.push_back(read_delivery(one));
    if (!error_.empty()) return fail(ErrorKind::data, (folder_ / "scenario.json").string() + ": " + error_);
    return std::move(scenario_);
  }

 private:
  void refuse(std::string why) {
    if (error_.empty()) error_ = std::move(why);
  }
  // A misspelt member would silently test nothing.
  void refuse_unknown(const Json& object, std::initializer_list<std::string_view> known) {
    if (!object.is_object()) return refuse("an object was expected");
    for (const auto& [key, value] : object.items()) {
      if (std::find(known.begin(), known.end(), key) == known.end()) refuse("unknown member " + key);
    }
  }
  static const Json& list(const Json& object, std::string_view key) {
    static const Json none = Json::array();
    const Json* found = find_array(object, key);
    return found != nullptr ? *found : none;
  }
  UnixSeconds time(const Json& value) {
    const auto text = as_string(value);
    const auto at = text ? parse_time(*text) : std::nullopt;
    if (!at) refuse("not a time: " + dump(value));
    return at.value_or(UnixSeconds{});
  }
  void read_head() {
    scenario_.stream = find_string(json_, "stream").value_or("");
    scenario_.action = find_string(json_, "action").value_or("");
    if (const Json* input = find(json_, "input")) scenario_.input = *input;
    scenario_.requests = find_int64(json_, "requests").value_or(scenario_.requests);
    scenario_.role = find_string(json_, "role").value_or(scenario_.role);
    const Json* now = find(json_, "now");
    scenario_.now = time(now != nullptr ? *now : Json());
    scenario_.workspace = find_string(json_, "workspace").value_or(scenario_.workspace);
    scenario_.client_id = find_string(json_, "client_id").value_or(scenario_.client_id);
    scenario_.partition = find_string(json_, "partition").value_or("");
    if (const Json* ids = find_object(json_, "ids")) scenario_.ids = *ids;
    if (const Json* secrets = find_object(json_, "secrets")) {
      for (const auto& [name, value] : secrets->items())
        scenario_.secrets[name] = as_string(value).value_or("");
    }
    if (const Json* tables = find_object(json_, "tables")) scenario_.tables = *tables;
    if (const Json* cursor = find_object(json_, "cursor")) scenario_.cursor = *cursor;
    scenario_.facts = list(json_, "facts");
    scenario_.other_streams_fresh = find_bool(json_, "other_streams_fresh").value_or(true);
    scenario_.visits = find_int64(json_, "visits").value_or(scenario_.visits);
    scenario_.ticks = find_int64(json_, "ticks").value_or(scenario_.ticks);
    for (const Json& at : list(json_, "next_runs")) scenario_.next_runs.push_back(time(at));
  }
  void read_kills() {
    scenario_.kill_everywhere = find_string(json_, "kill_after") == "each effect in turn";
    for (const Json& effect : list(json_, "kill_after")) {
      scenario_.kill_after.push_back(as_int64(effect).value_or(0));
    }
  }
  // `body`: a file beside scenario.json, by relative path; `json`: the body itself; `text`: bytes.
  std::string read_body(const Json& object) {
    std::string body = read_whole_body(object);
    const auto cut = find_int64(object, "cut_after_bytes");
    return cut ? body.substr(0, static_cast<std::size_t>(*cut)) : body;
  }
  std::string read_whole_body(const Json& object) {
    if (const Json* json = find(object, "json")) return dump(repeated(*json, find_int64(object, "repeat")));
    if (const auto text = find_string(object, "text")) return *text;
    const auto file = find_string(object, "body");
    if (!file) return {};
    auto bytes = read_file(folder_ / *file);
    if (!bytes) refuse(bytes.error().message);
    return bytes ? *std::move(bytes) : std::string();
  }
  // A page that is full by the provider's own limit is too large to be written down: its one row, `{n}` in
  // its keys being the row's number.
  static Json repeated(Json body, std::optional<std::int64_t> count) {
    if (!count) return body;
    const std::string row = dump(body["rows"][0]);
    Json& rows = body["rows"] = Json::array();
    for (std::int64_t i = 0; i < *count; ++i) {
      std::string copy = row;
      for (std::size_t at = 0; (at = copy.find("{n}", at)) != std::string::npos;)
        copy.replace(at, 3, std::to_string(i));
      rows.push_back(parse_json(copy, "repeated row").value_or(Json()));
    }
    return body;
  }
  static Headers read_headers(const Json& object) {
    Headers headers;
    if (const Json* found = find_object(object, "headers")) {
      for (const auto& [name, value] : found->items())
        headers.emplace_back(name, as_string(value).value_or(""));
    }
    return headers;
  }
  ProviderReply read_reply(const Json& json) {
    refuse_unknown(json, {"to", "sends", "times", "failed", "status", "headers", "body", "json", "text",
                          "cut_after_bytes", "repeat"});
    ProviderReply reply{.times = find_int64(json, "times")};
    for (const Json& part : list(json, "to")) reply.to.push_back(as_string(part).value_or(""));
    if (const auto one = find_string(json, "to")) reply.to.push_back(*one);
    for (const Json& part : list(json, "sends")) reply.sends.push_back(as_string(part).value_or(""));
    if (const auto one = find_string(json, "sends")) reply.sends.push_back(*one);
    reply.failed = find_string(json, "failed").value_or("");
    reply.status = static_cast<int>(find_int64(json, "status").value_or(200));
    reply.headers = read_headers(json);
    reply.body = read_body(json);
    return reply;
  }
  Fault read_fault(const Json& json) {
    refuse_unknown(json, {"kind", "function", "times", "status", "body", "json", "text"});
    return {.kind = find_string(json, "kind").value_or(""),
            .function = find_string(json, "function").value_or(""),
            .times = find_int64(json, "times"),
            .status = static_cast<int>(find_int64(json, "status").value_or(0)),
            .body = read_body(json)};
  }
  Delivery read_delivery(const Json& json) {
    refuse_unknown(json, {"body", "json", "text", "cut_after_bytes", "headers", "sign", "password", "copies",
                          "after_secs", "workspace"});
    Delivery delivery{.body = read_body(json), .headers = read_headers(json)};
    for (const Json& sign : list(json, "sign")) {
      delivery.sign.push_back({.secret = find_string(sign, "secret").value_or(""),
                               .age_secs = find_int64(sign, "age_secs").value_or(0)});
    }
    delivery.password = find_string(json, "password").value_or("");
    delivery.copies = find_int64(json, "copies").value_or(1);
    delivery.after_secs = find_int64(json, "after_secs").value_or(0);
    delivery.workspace = find_string(json, "workspace").value_or(scenario_.workspace);
    return delivery;
  }

  path folder_;
  const Json& json_;
  Scenario scenario_;
  std::string error_;
};

}  // namespace

Result<std::string> read_file(const path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(ErrorKind::data, "cannot read " + file.string());
  return std::string((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
}

Result<Scenario> read_scenario(const path& folder) {
  const auto text = read_file(folder / "scenario.json");
  if (!text) return tl::unexpected<Error>(text.error());
  const auto json = parse_json(*text, (folder / "scenario.json").string());
  if (!json) return tl::unexpected<Error>(json.error());
  return ScenarioReader(folder, *json).read();
}

}  // namespace wf::replay
