#pragma once
// A folder of recorded replies, as docs/replay.md describes it.

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "shared/base/json.hpp"
#include "shared/base/time.hpp"
#include "shared/sync/http.hpp"

namespace wf::replay {

// How often a recorded thing may be used; none: any number of times.
using Times = std::optional<std::int64_t>;

// An answer of the provider to every request whose URL holds all of `to`, and its body all of `sends`.
struct ProviderReply {
  std::vector<std::string> to;
  std::vector<std::string> sends{};
  Times times;
  std::string failed;  // "timeout", "network": no reply at all
  int status = 200;
  Headers headers;
  std::string body;
  bool used = false;  // as it went
};

// A part of the host that does not work: "put_object", "get_object", "enqueue", "verify", or
// "database" with a function's name.
struct Fault {
  std::string kind;
  std::string function;
  Times times;
  int status = 0;  // of the database; 0: no reply at all
  std::string body;
  bool met = false;  // as it went
};

// With a secret a Stripe-Signature header, without one the two headers of SendGrid's events, made with
// the key whose public half is the secret "generated-p256".
struct Signature {
  std::string secret;
  std::int64_t age_secs = 0;
};

struct Delivery {
  std::string body;
  Headers headers;
  std::vector<Signature> sign;
  std::string password;  // presented by basic auth
  std::int64_t copies = 1;
  std::int64_t after_secs = 0;  // the clock moves on before it
  std::string workspace;        // the slug in the path
};

struct Scenario {
  std::string stream;  // what the test replays: a stream's name, or "webhook"
  std::string action;  // or an action of the connector, which is asked for `requests` times, with one key
  Json input = Json::object();  // the body of its request
  std::int64_t requests = 1;
  std::string role = "manager";  // of who asks
  UnixSeconds now{};
  std::string workspace = "northwind-dental";
  std::string client_id = "11111111-1111-4111-8111-111111111111";
  std::string partition;
  Json ids = Json::object();  // account ids: {"google_ads.customer_id": "123"}
  std::map<std::string, std::string> secrets;
  Json tables = Json::object();  // rows that are stored before: table -> list
  Json cursor;                   // of the stream, before
  Json facts = Json::array();    // rows of service_facts, before
  bool other_streams_fresh = true;
  std::vector<ProviderReply> replies;
  std::vector<Fault> faults;
  std::vector<Delivery> deliveries;
  std::vector<UnixSeconds> next_runs;
  // Effects, counted from 1, that are carried out and whose result never comes back, because
  // everything is killed there.
  std::vector<std::int64_t> kill_after;
  bool kill_everywhere = false;  // for the test: once after each effect, all end in the same rows
  std::int64_t visits = 40;      // queue messages taken before the replay stops
  std::int64_t ticks = 0;        // how often the cron tick may queue again what is recorded and unfinished
};

// Errors: data, naming the file and what is wrong with it.
Result<Scenario> read_scenario(const std::filesystem::path& folder);
Result<std::string> read_file(const std::filesystem::path& path);

}  // namespace wf::replay
