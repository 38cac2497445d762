#include "shared/sync/sync_flow.hpp"

#include <algorithm>
#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/domain/catalogue.hpp"
#include "shared/domain/facts_update.hpp"
#include "shared/sync/archive.hpp"
#include "shared/sync/pages.hpp"

namespace wf {
namespace {

constexpr int pages_per_visit = 40;
constexpr std::chrono::minutes time_per_visit{5};
constexpr std::int64_t least_lease_secs = 120;
// A scan that ends so far in the past is followed by another one in the same run.
constexpr std::chrono::hours catch_up_after{6};
constexpr std::int64_t restarts_per_scan = 5;
// A provider that gives a new position with every page is not read for ever: two million of Stripe's objects.
constexpr std::int64_t pages_per_scan = 20'000;
// The lease must outlast the fetches between two applies.
constexpr int fetches_per_apply = 50;
// No more than 500 are kept, and a page adds up to 100: more are fetched before the next page.
constexpr std::size_t most_unsettled_before_a_page = 400;
constexpr std::int64_t longest_queue_delay_secs = 12 * 3600;

}  // namespace

Json sync_message(const SyncJob& job) {
  return JsonObject()
      .text("job", "sync")
      .text("workspace", job.workspace)
      .text("client_id", job.client_id)
      .text("service", job.service)
      .text("stream", job.stream)
      .text("partition", job.partition)
      .text("run_id", job.run_id)
      .take();
}

SyncFlow::SyncFlow(Registry registry, Database database, SyncJob job)
    : connector_(find_connector(registry, job.service)),
      database_(std::move(database)),
      job_(std::move(job)) {
  if (connector_) stream_ = find_stream(*connector_, job_.stream);
}

void SyncFlow::start(Turn& turn) {
  started_at_ = turn.now;
  ask(turn,
      database_.call("take_lease", JsonObject()
                                       .text("run_id", job_.run_id)
                                       .text("workspace", job_.workspace)
                                       .number("lease_secs", lease_secs())),
      &SyncFlow::on_leased);
}

void SyncFlow::on_leased(EffectResult& result, Turn& turn) {
  const auto answer = read_answer(result);
  if (!answer) return wait_for_database(turn, answer.error().message);
  // Busy: another flow has it, and the tick queues it again should that one die. Renamed: under its new name.
  if (!is_true(*answer, "granted")) return turn.done();
  lease_ = find_text(*answer, "lease");
  pages_ = find_int64(*answer, "pages").value_or(0);
  attempt_ = find_int64(*answer, "attempt").value_or(0);
  if (const Json* facts = find_object(*answer, "facts")) {
    learn(facts_, *facts);
    not_given_ = texts_in(*facts, "unavailable");
  }
  if (!stream_) return fail_run(turn, ErrorKind::ours, ": no connector reads this stream", Remedy::give_up);
  if (const Json* cursor = find_object(*answer, "cursor")) read_cursor(*cursor, cursor_);
  begin_run(cursor_, *stream_, job_.run_id, turn.now);
  go_on(turn);
}

void SyncFlow::go_on(Turn& turn) {
  if (budget_used_up(turn.now)) return yield_run(turn, 0);
  if (cursor_.window && refetches_.left() <= most_unsettled_before_a_page) return request_page(turn);
  fetch_unsettled(turn);
}

Query SyncFlow::query() const {
  return {*cursor_.window, job_.partition, job_.ids, cursor_.position, job_.client_id, cursor_.again};
}

void SyncFlow::request_page(Turn& turn) {
  HttpRequest request = stream_->request(query());
  database_.resolve(request.url);
  call(turn, std::move(request), &SyncFlow::on_page);
}

void SyncFlow::call(Turn& turn, HttpRequest request, Step next) {
  after_call_ = next;
  ask(turn, grants_.begin(std::move(request)), &SyncFlow::on_called);
}

void SyncFlow::on_called(EffectResult& result, Turn& turn) {
  if (auto effect = grants_.go_on(*connector_, result, job_.ids, turn.now))
    return ask(turn, *std::move(effect), &SyncFlow::on_called);
  if (grants_.is_granting()) return fail_run(turn, classify_grant(*connector_, result, turn.now));
  (this->*after_call_)(result, turn);
}

void SyncFlow::on_page(EffectResult& result, Turn& turn) {
  auto* reply = std::get_if<HttpReply>(&result);
  if (!reply || !is_success(*reply)) {
    Problem problem = classify(*connector_, who(), result, turn.now);
    if (problem.remedy == Remedy::restart_scan && cursor_.restarts < restarts_per_scan) {
      restart_scan(cursor_);
      return request_page(turn);
    }
    const bool is_answer = problem.remedy == Remedy::read ||
                           (problem.remedy == Remedy::retry_then_read && next_try(problem, attempt_).final);
    if (!is_answer || !reply) return fail_run(turn, std::move(problem));
  }
  reply_ = std::move(*reply);
  ++pages_this_visit_;
  source_at_ = source_time(reply_, turn.now);
  // A second begun counts: what changed within the same one is a tie, and asked for.
  if (stream_->dated_when_asked) source_at_ -= std::chrono::seconds{(reply_.elapsed_ms + 999) / 1000};
  keep_page(turn);
}

void SyncFlow::keep_page(Turn& turn) {
  object_key_ = object_key({job_.client_id, job_.service, job_.stream, job_.run_id, pages_ + 1});
  Json metadata = page_metadata(job_.service, reply_, query(), source_at_);
  kept_ = true;
  unkept_ = 1;
  if (is_too_long(metadata)) {
    ++unkept_;
    ask(turn, PutObject{sidecar_key(object_key_), dump(metadata)}, &SyncFlow::on_kept);
    metadata = in_sidecar();
  }
  PutObject put{.key = object_key_, .metadata = std::move(metadata)};
  const std::string_view never_kept = connector_->never_kept;
  put.as_given = never_kept.empty() || !contains(reply_.body, never_kept);
  if (!put.as_given) blank(put.body = reply_.body, never_kept);
  ask(turn, std::move(put), &SyncFlow::on_kept);
}

void SyncFlow::on_kept(EffectResult& result, Turn& turn) {
  kept_ = kept_ && std::holds_alternative<Stored>(result);
  if (--unkept_ > 0) return;
  if (!kept_)
    return fail_run(turn, ErrorKind::ours, ": the reply could not be kept in the object store",
                    Remedy::retry);
  auto page = stream_->parse(reply_, query(), source_at_);
  reply_ = {};
  if (!page) return fail_run(turn, unreadable(std::move(page.error())));
  // A second refusal is believed.
  if (cursor_.again) page->ask_again = false;
  if (!page->ask_again && page->next && leads_back(cursor_, *page->next))
    return fail_run(turn, ErrorKind::data, ": the pages lead back to one before", Remedy::retry);
  if (page->next && cursor_.steps >= pages_per_scan)
    return fail_run(turn, ErrorKind::data, concat({": no end after ", decimal(pages_per_scan), " pages"}),
                    Remedy::give_up);
  apply(turn, *page, cursor_.window);
}

void SyncFlow::apply(Turn& turn, const Page& page, std::optional<Window> window) {
  // The cursor's count is exact also after a last page that ties held back.
  facts_.run_rows = cursor_.run_rows;
  page_rest_secs_ = page.rest_secs;
  page_pause_secs_ = page.pause_secs;
  if (window && !move_past(cursor_, *stream_, page)) {
    begin_anew(cursor_, *stream_, not_given_, label(), page, turn.now);
    not_given_ = page.unavailable;
    if (turn.now - window->to > catch_up_after && !cursor_.caught_up) {
      cursor_.caught_up = true;
      open_scan(cursor_, *stream_, turn.now);
    }
  }
  ending_ = !cursor_.window && cursor_.unsettled.empty();
  cursor_.counted = ending_;
  PageFacts seen = page_facts(*stream_, window, cursor_, page);
  if (seen.unavailable && lacks_items(cursor_, *stream_)) seen.unavailable->push_back(label());
  if (seen.unavailable && !seen.unavailable->empty())
    turn.log("warn", log_fields("not given").text("names", join(*seen.unavailable, ", ")));
  const auto earlier_rows = read_remembered_rows(cursor_.earlier_rows);
  const RunEnd end{.day = day_of(cursor_.ended_at.value_or(turn.now)),
                   .earlier_rows = earlier_rows,
                   .repeats_day = cursor_.repeats_day,
                   .provisional_until = provisional_until(cursor_, *stream_, facts_.newest_row_at, turn.now)};
  Json patch =
      ending_ ? facts_after_last_page(facts_, seen, end, turn.now) : facts_after_page(facts_, seen, turn.now);
  learn(facts_, patch);

  JsonObject p = lease();
  p.number("page", pages_ + 1)
      .json("cursor", to_json(cursor_))
      .json("facts", std::move(patch))
      .flag("last", ending_)
      .number("lease_secs", lease_secs());
  if (stream_->reconciles) p.json("deliveries", to_json(page.deliveries, object_key_));
  ask(turn, database_.call_text("apply_page", with_tables(p, page.batches)), &SyncFlow::on_applied);
}

void SyncFlow::on_applied(EffectResult& result, Turn& turn) {
  const auto answer = read_answer(result);
  if (!answer && answer.error().trouble == DatabaseTrouble::refused)
    return fail_run(turn, ErrorKind::data, concat({": the rows were refused, ", answer.error().message}),
                    Remedy::give_up);
  // Whether the page was written is unknown; the next lease tells.
  if (!answer) return wait_for_database(turn, answer.error().message);
  if (is_true(*answer, "applied")) return after_apply(*answer, turn);
  turn.log("warn", log_fields("page not applied").text("message", find_text(*answer, "why")));
  turn.done();
}

void SyncFlow::after_apply(const Json& answer, Turn& turn) {
  ++pages_;
  attempt_ = 0;
  const auto ties = read_refs(answer, "ties");
  if (ending_ && ties.empty()) {
    turn.log("info", log_fields("run succeeded").number("pages", pages_).number("rows", cursor_.run_rows));
    return turn.done();
  }
  add_unsettled(cursor_, ties);
  const bool settling = !cursor_.window && !ties.empty();
  if (settling && ++settlings_ > settlings_per_visit) return yield_run(turn, tie_rest_secs);
  if (page_rest_secs_ > 0) return rest(turn, std::exchange(page_rest_secs_, 0));
  if (page_pause_secs_ > 0) return yield_run(turn, std::exchange(page_pause_secs_, 0));
  go_on(turn);
}

// Nothing failed: the provider would refuse the next page, and waits count for it.
void SyncFlow::rest(Turn& turn, std::int64_t rest_secs) {
  rest_secs_ = std::min(rest_secs, longest_queue_delay_secs);
  turn.log("info", log_fields("run rests").number("rest_secs", rest_secs_));
  record_failure(turn, {ErrorKind::rate_limit, who(": the provider's limit is nearly used up")},
                 facts_while_resting(turn.now + std::chrono::seconds(rest_secs_)));
}

void SyncFlow::fetch_unsettled(Turn& turn) {
  if (auto request = refetches_.next(*connector_))
    return call(turn, *std::move(request), &SyncFlow::on_fetched);
  if (refetches_.refused && refetches_.rows.empty()) return fail_run(turn, *std::move(refetches_.refused));
  apply_fetched(turn);
}

void SyncFlow::apply_fetched(Turn& turn) {
  Page page;
  page.batches = std::exchange(refetches_.rows, {});
  apply(turn, page, std::nullopt);
}

void SyncFlow::on_fetched(EffectResult& result, Turn& turn) {
  auto taken = refetches_.take(*connector_, result, attempt_, turn.now);
  if (!taken) return fail_run(turn, std::move(taken.error()));
  if (++fetched_ % fetches_per_apply == 0) return apply_fetched(turn);
  fetch_unsettled(turn);
}

void SyncFlow::fail_run(Turn& turn, ErrorKind kind, std::string_view what, Remedy remedy) {
  fail_run(turn, Problem{{kind, who(what)}, remedy});
}

void SyncFlow::fail_run(Turn& turn, Problem problem) {
  const NextTry next = next_try(problem, attempt_);
  Error& error = problem.error;
  error.retry_after_secs = next.final ? std::nullopt : std::optional(next.delay_secs);
  rest_secs_ = next.final ? -1 : next.delay_secs;
  JsonObject fields = log_fields(next.final ? "run failed" : "run waits");
  describe(fields, problem);
  turn.log(next.final ? "error" : "warn", fields);
  record_failure(turn, error, facts_after_failure(facts_, error, next.final, turn.now));
}

void SyncFlow::record_failure(Turn& turn, const Error& error, Json facts) {
  const bool final = rest_secs_ < 0;
  std::optional<UnixSeconds> retry_at;
  if (!final) retry_at = turn.now + std::chrono::seconds(rest_secs_);
  ask(turn,
      database_.call("fail_run", lease()
                                     .text("kind", name(error.kind))
                                     .text("message", error.message)
                                     .flag("final", final)
                                     .time("retry_at", retry_at)
                                     .json("facts", std::move(facts))),
      &SyncFlow::on_failure_recorded);
}

void SyncFlow::on_failure_recorded(EffectResult& result, Turn& turn) {
  if (const auto answer = read_answer(result); !answer)
    return wait_for_database(turn, answer.error().message);
  if (rest_secs_ < 0) return turn.done();
  const std::int64_t delay = std::min(rest_secs_, longest_queue_delay_secs);
  ask(turn, Enqueue{sync_message(job_), delay}, &SyncFlow::on_queued);
}

void SyncFlow::yield_run(Turn& turn, std::int64_t delay_secs) {
  rest_secs_ = delay_secs;
  ask(turn, database_.call("yield_run", lease()), &SyncFlow::on_yielded);
}

void SyncFlow::on_yielded(EffectResult& result, Turn& turn) {
  if (!read_answer(result)) turn.log("warn", log_fields("lease not given back"));
  ask(turn, Enqueue{sync_message(job_), rest_secs_}, &SyncFlow::on_queued);
}

// A message that was not queued costs minutes: the tick queues whatever is recorded and unfinished.
void SyncFlow::on_queued(EffectResult& result, Turn& turn) {
  if (!std::holds_alternative<Queued>(result)) turn.log("warn", log_fields("continuation not queued"));
  turn.done();
}

void SyncFlow::wait_for_database(Turn& turn, std::string_view message) {
  turn.log("warn", log_fields("database away").text("message", message));
  turn.retry(database_rest_secs);
}

bool SyncFlow::budget_used_up(UnixSeconds now) const {
  return pages_this_visit_ >= pages_per_visit || now - started_at_ > time_per_visit;
}

std::int64_t SyncFlow::lease_secs() const {
  return least_lease_secs + (stream_ ? stream_->slowest_reply.count() : 0);
}

// As the card names it: "page figures of 100000000000001".
std::string SyncFlow::label() const {
  const Descriptor* service = find_service(job_.service);
  const StreamDescriptor* stream = service ? find_stream(*service, job_.stream) : nullptr;
  return concat({stream ? stream->label : job_.stream, job_.partition.empty() ? "" : " of ", job_.partition});
}

std::string SyncFlow::who(std::string_view what) const {
  return concat({job_.service, " ", job_.stream, what});
}

JsonObject SyncFlow::lease() const {
  JsonObject held;
  held.text("run_id", job_.run_id).text("lease", lease_);
  return held;
}

JsonObject SyncFlow::log_fields(std::string_view what) const {
  JsonObject fields;
  fields.text("what", what)
      .text("service", job_.service)
      .text("stream", job_.stream)
      .text("workspace", job_.workspace)
      .text("run_id", job_.run_id);
  return fields;
}

}  // namespace wf
