#include "edge-workers/replay/replay.hpp"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <utility>

#include "edge-workers/edge.hpp"
#include "edge-workers/replay/hmac.hpp"
#include "edge-workers/replay/host.hpp"
#include "edge-workers/replay/signing.hpp"
#include "shared/base/json_object.hpp"
#include "shared/connectors/registry.hpp"
#include "shared/domain/verdict_json.hpp"

namespace wf::replay {

namespace {

using std::chrono::seconds;

// A killed queue consumer's message comes back after a while, longer than its lease.
constexpr seconds redelivery_after{180};
constexpr seconds tick_every{300};

// The key that every request of a person is made with.
constexpr std::string_view request_id = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa";

std::FILE* frames = nullptr;

void record(std::string_view text) { std::fwrite(text.data(), 1, text.size(), frames); }

void record_u32(std::size_t value) {
  for (int shift = 0; shift < 32; shift += 8) std::fputc(static_cast<int>(value >> shift & 0xff), frames);
}

// Through the bytes of the ABI, as the Worker's host does it.
Frame step(Edge& edge, Frame input) {
  const std::string in = encode_frame(input);
  const std::string out = encode_frame(edge.step(decode_frame(in)));
  if (frames) {
    for (const std::string_view text : {std::string_view(in), std::string_view(out)}) {
      record_u32(text.size());
      record(text);
    }
  }
  return decode_frame(out).value_or(Frame{JsonObject().text("fault", "a broken frame").take(), {}});
}

Json values(const std::map<std::string, Json>& map) {
  Json list = Json::array();
  for (const auto& [key, value] : map) list.push_back(value);
  return list;
}

class Replay {
 public:
  Replay(Scenario scenario, std::string service, std::string stream)
      : scenario_(std::move(scenario)),
        service_(std::move(service)),
        stream_(std::move(stream)),
        database_(scenario_.client_id, scenario_.workspace, service_, migrated_keys()),
        host_(scenario_, database_),
        now_(scenario_.now) {
    store_what_was_there();
  }

  Json sync() {
    add_run("run-1");
    drain();
    for (std::size_t i = 0; i < scenario_.next_runs.size(); ++i) {
      now_ = std::max(now_, scenario_.next_runs[i]);
      add_run("run-" + std::to_string(i + 2));
      drain();
    }
    return outcome();
  }

  Json webhook() {
    for (const Delivery& delivery : scenario_.deliveries) {
      now_ += seconds(delivery.after_secs);
      for (std::int64_t copy = 0; copy < delivery.copies; ++copy) deliver(delivery);
    }
    drain();
    return outcome();
  }

  Json action() {
    database_.role = scenario_.role;
    for (std::int64_t i = 0; i < scenario_.requests; ++i)
      run_flow({{"kind", "api"},
                {"method", "POST"},
                {"path", "/api/workspaces/" + scenario_.workspace + "/" + scenario_.action},
                {"headers", Json::array({Json::array({"idempotency-key", std::string(request_id)})})},
                {"ids", scenario_.ids},
                {"body", 1}},
               {dump(scenario_.input)}, nullptr);
    drain();
    return outcome();
  }

 private:
  void store_what_was_there() {
    for (const auto& [table, rows] : scenario_.tables.items()) {
      for (const Json& row : rows) database_.store_row(table, row);
    }
    if (scenario_.cursor.is_object()) database_.cursors[stream_] = scenario_.cursor;
    const Descriptor* descriptor = find_service(service_);
    if (descriptor == nullptr) return;
    Json keys = Json::array();
    for (const Key& key : descriptor->keys) keys.push_back(std::string(key.name));
    database_.store_facts(
        {{"stream", ""}, {"present_keys", keys}, {"detected_at", format_time(now_ - std::chrono::hours(1))}});
    if (!scenario_.partition.empty())
      database_.store_facts({{"stream", stream_}, {"partition", scenario_.partition}});
    for (const StreamDescriptor& other : descriptor->streams) {
      if (!scenario_.other_streams_fresh || other.name == stream_) continue;
      const std::string at = format_time(now_ - std::chrono::hours(1));
      database_.store_facts({{"stream", std::string(other.name)},
                             {"partition", other.partitioned_by.empty() ? "" : "any other"},
                             {"last_attempt_at", at},
                             {"last_success_at", at},
                             {"newest_row_at", at}});
    }
    for (const Json& row : scenario_.facts) database_.store_facts(row);
  }

  void add_run(const std::string& run_id) {
    run_id_ = run_id;
    database_.add_run(run_id, stream_, now_);
    queue_run(now_);
  }

  void queue_run(UnixSeconds due) {
    host_.queue.push_back({{{"job", "sync"},
                            {"workspace", scenario_.workspace},
                            {"client_id", scenario_.client_id},
                            {"service", service_},
                            {"stream", stream_},
                            {"partition", scenario_.partition},
                            {"run_id", run_id_}},
                           due});
  }

  // The cron tick: what is recorded and unfinished is queued again, whatever became of its message.
  void tick() {
    if (!host_.queue.empty() || ticks_ >= scenario_.ticks) return;
    queue_open_deliveries();
    if (const auto wakes = database_.wakes_at(run_id_)) queue_run(std::max(now_ + tick_every, *wakes));
    if (!host_.queue.empty()) ++ticks_;
  }

  void queue_open_deliveries() {
    for (const auto& [key, receipt] : database_.receipts) {
      if (find_string(receipt, "state") != "received") continue;
      const auto retry_at = parse_time(find_string(receipt, "retry_at").value_or(""));
      host_.queue.push_back({{{"job", "delivery"},
                              {"workspace", scenario_.workspace},
                              {"client_id", scenario_.client_id},
                              {"service", service_},
                              {"delivery_key", key},
                              {"object_key", receipt.value("object_key", Json())}},
                             std::max(now_ + tick_every, retry_at.value_or(now_))});
    }
  }

  // Takes the queue's messages in the order in which they are due.
  void drain() {
    for (tick(); !host_.queue.empty() && visits_ < scenario_.visits; tick()) {
      const auto next =
          std::min_element(host_.queue.begin(), host_.queue.end(),
                           [](const QueueMessage& a, const QueueMessage& b) { return a.due < b.due; });
      const QueueMessage taken = *next;
      host_.queue.erase(next);
      now_ = std::max(now_, taken.due);
      ++visits_;
      run_flow({{"kind", "job"}, {"message", taken.message}, {"ids", scenario_.ids}}, {}, &taken.message);
    }
  }

  void deliver(const Delivery& delivery) {
    Json headers = Json::array();
    for (const auto& [name, value] : delivery.headers) headers.push_back(Json::array({name, value}));
    for (const Signature& sign : delivery.sign) {
      const std::string at = std::to_string(to_unix(now_) - sign.age_secs);
      if (sign.secret.empty()) {
        headers.push_back(Json::array({"x-twilio-email-event-webhook-timestamp", at}));
        headers.push_back(Json::array(
            {"x-twilio-email-event-webhook-signature", sign_ecdsa_p256(at + delivery.body).value_or("")}));
        continue;
      }
      headers.push_back(Json::array(
          {"stripe-signature", "t=" + at + ",v1=" + hmac_sha256_hex(sign.secret, at + "." + delivery.body)}));
    }
    host_.password = delivery.password;
    run_flow({{"kind", "webhook"},
              {"service", service_},
              {"workspace", delivery.workspace},
              {"headers", headers},
              {"body", 1}},
             {delivery.body}, nullptr);
  }

  std::int64_t now_ms() const { return to_unix(now_) * 1000; }

  // One flow from its start to its `done`, or to the effect that kills it.
  void run_flow(const Json& event, std::vector<std::string> parts, const Json* message) {
    Edge edge = is_queued(event) ? queue_edge(queue_connectors()) : gateway_edge(gateway_connectors());
    const std::string flow = "flow-" + std::to_string(++flows_);
    std::deque<std::pair<Json, std::vector<std::string>>> open;
    Frame out = step(edge, {{{"op", "start"},
                             {"flow", flow},
                             {"now_ms", now_ms()},
                             {"config", {{"supabase_url", std::string(database_url)}}},
                             {"event", event}},
                            std::move(parts)});
    std::string given;
    for (;;) {
      if (const Json* fault = find(out.control, "fault")) host_.problems.push_back("fault: " + dump(*fault));
      for (const Json& effect : out.control.value("effects", Json::array()))
        open.push_back({effect, joined(given, out.parts)});
      if (open.empty()) break;
      const auto [effect, bodies] = open.front();
      open.pop_front();
      auto result = host_.carry_out(effect, bodies, now_);
      ++carried_out_;
      if (is_killed()) return redeliver(message);
      if (find_string(effect, "outcome") == "retry") requeue(message, effect);
      out = {Json::object(), {}};
      if (!result) continue;
      given = result->parts.empty() ? "" : result->parts.front();
      out = step(edge, {{{"op", "reply"},
                         {"flow", flow},
                         {"effect", effect.value("effect", Json())},
                         {"now_ms", now_ms()},
                         {"result", result->control}},
                        std::move(result->parts)});
    }
    if (edge.flows() > 0) host_.problems.push_back("the flow asked for nothing and is not done");
  }

  static std::vector<std::string> joined(const std::string& first, std::vector<std::string> others) {
    others.insert(others.begin(), first);
    return others;
  }

  bool is_killed() const {
    return std::find(scenario_.kill_after.begin(), scenario_.kill_after.end(), carried_out_) !=
           scenario_.kill_after.end();
  }

  void redeliver(const Json* message) {
    host_.effects.push_back("killed");
    if (message != nullptr) host_.queue.push_back({*message, now_ + redelivery_after});
  }

  void requeue(const Json* message, const Json& done) {
    if (message == nullptr) return;
    host_.queue.push_back({*message, now_ + seconds(find_int64(done, "delay_secs").value_or(0))});
  }

  Json outcome() const {
    Json objects = Json::object();
    for (const auto& [key, bytes] : host_.objects) objects[key] = bytes.size();
    Json tables = Json::object();
    for (const auto& [table, rows] : database_.rows) tables[table] = values(rows);
    Json queue = Json::array();
    for (const QueueMessage& one : host_.queue) {
      queue.push_back({{"message", one.message}, {"due", format_time(one.due)}});
    }
    return {{"now", format_time(now_)},
            {"effects", host_.effects},
            {"effects_carried_out", carried_out_},
            {"problems", host_.all_problems()},
            {"responses", host_.responses},
            {"logs", host_.logs},
            {"queue", std::move(queue)},
            {"objects", std::move(objects)},
            {"metadata", host_.metadata},
            {"tables", std::move(tables)},
            {"facts", facts_by_stream()},
            {"runs", values(database_.runs)},
            {"receipts", values(database_.receipts)},
            {"actions", database_.actions},
            {"cursor", database_.cursor(stream_)},
            {"verdict", verdict()}};
  }

  Json facts_by_stream() const {
    Json out = Json::object();
    for (const auto& [stream, row] : database_.facts) out[stream.empty() ? "service" : stream] = row;
    return out;
  }

  Json verdict() const {
    const Descriptor* descriptor = find_service(service_);
    const auto facts = read_service_facts(values(database_.facts));
    if (!facts) return {{"unreadable", facts.error().message}};
    if (descriptor == nullptr || facts->empty()) return nullptr;
    return to_json(judge(*descriptor, facts->front(), now_));
  }

  Scenario scenario_;
  std::string service_;
  std::string stream_;
  ReplayDatabase database_;
  ReplayHost host_;
  UnixSeconds now_;
  std::int64_t carried_out_ = 0;
  std::int64_t visits_ = 0;
  std::int64_t ticks_ = 0;
  std::string run_id_;
  int flows_ = 0;
};

}  // namespace

void record_frames(std::FILE* file) { frames = file; }

Json replay_stream(Scenario scenario, const std::string& service, const std::string& stream) {
  return Replay(std::move(scenario), service, stream).sync();
}

Json replay_webhook(Scenario scenario, const std::string& service) {
  return Replay(std::move(scenario), service, std::string(webhook_stream)).webhook();
}

Json replay_action(Scenario scenario, const std::string& service) {
  return Replay(std::move(scenario), service, std::string(use_stream)).action();
}

}  // namespace wf::replay
