#include "shared/sync/webhook_flow.hpp"

#include <utility>

#include "shared/base/json_object.hpp"
#include "shared/base/text.hpp"
#include "shared/base/time.hpp"
#include "shared/sync/archive.hpp"
#include "shared/sync/delivery_flow.hpp"

namespace wf {
namespace {

constexpr std::string_view retry_after_secs = "30";
// A stranger cannot tell one from the other, and whoever sets the webhook up reads both.
constexpr std::string_view no_match = "signature does not match, or no secret for it is set here";

Respond plain_text(int status, std::string_view text) {
  Respond answer;
  answer.status = status;
  add_header(answer.headers, "content-type", "text/plain; charset=utf-8");
  add_header(answer.headers, "cache-control", "no-store");
  answer.body = text;
  return answer;
}

Respond unavailable() {
  Respond answer = plain_text(503, "try again later");
  add_header(answer.headers, "retry-after", retry_after_secs);
  return answer;
}

}  // namespace

WebhookFlow::WebhookFlow(Registry registry, Database database, WebhookEvent event)
    : database_(std::move(database)), event_(std::move(event)) {
  const Connector* connector = find_connector(registry, event_.service);
  if (!connector) return;
  webhook_ = connector->webhook;
  never_kept_ = connector->never_kept;
}

void WebhookFlow::start(Turn& turn) {
  if (!webhook_) return finish(turn, 404, "not found");
  if (event_.body.empty() && !event_.too_large) return finish(turn, 400, "empty body");
  auto claim = webhook_->claim(event_.headers, event_.body, turn.now);
  if (!claim && event_.too_large) return finish(turn, 413, "too large");
  if (!claim) return finish(turn, 400, claim.error().message);
  mismatch_status_ = claim->mismatch_status;
  untimely_ = claim->untimely;
  key_ = claim->secret;
  // An unknown workspace has no secret; the host compares with a random one, in the same time.
  ask(turn,
      Verify{std::string(claim->algorithm), std::string(claim->secret), std::move(claim->prefix), event_.body,
             std::move(claim->signatures), event_.held},
      &WebhookFlow::on_verified);
}

void WebhookFlow::on_verified(EffectResult& result, Turn& turn) {
  const auto* verified = std::get_if<Verified>(&result);
  if (!verified) {
    const auto* failed = std::get_if<Failed>(&result);
    // Sent again, it comes when the key has been put right; until then the card says that none gets in.
    if (failed && failed->reason == "bad_key") {
      turn.log("error", log_fields("webhook not accepted").text("part", "verify").text("message", "bad_key"));
      return count_stranger(turn, unavailable());
    }
    return answer_unavailable(turn, "verify", "signature could not be checked");
  }
  if (!verified->secret_present)
    return event_.too_large ? finish(turn, 413, "too large") : finish(turn, mismatch_status_, no_match);
  if (event_.too_large && !verified->valid) return count_stranger(turn, plain_text(413, "too large"));
  // It comes again and again, and nothing tells one from the next: one row a day says that there are any.
  if (event_.too_large && (!event_.held || !untimely_.empty()))
    return record_lost(
        turn, plain_text(413, "too large"),
        concat({event_.held ? "late-over-5-mb-" : "over-32-mb-", format_day(day_of(turn.now))}),
        event_.held ? untimely_ : "it has more than 32 MB");
  if (!verified->valid) return count_stranger(turn, plain_text(mismatch_status_, no_match));
  if (!untimely_.empty()) {
    // Bytes that do not say what they are may be those of a good one, cut elsewhere between time and body.
    const auto identity = webhook_->identify(event_.body);
    if (!identity) return count_stranger(turn, plain_text(400, untimely_));
    return record_lost(turn, plain_text(400, untimely_), identity->delivery_key, untimely_);
  }
  store_bytes(turn);
}

void WebhookFlow::count_stranger(Turn& turn, Respond answer) {
  turn.ask(std::move(answer));
  tell(turn, "record_bad_signature", JsonObject().text("key", key_), &WebhookFlow::on_stranger_counted);
}

void WebhookFlow::on_stranger_counted(EffectResult& result, Turn& turn) {
  if (const auto answer = read_answer(result); !answer)
    turn.log("warn", log_fields("refusal not counted").text("message", answer.error().message));
  turn.done();
}

void WebhookFlow::record_lost(Turn& turn, Respond answer, std::string_view delivery_key,
                              std::string_view why) {
  refusal_ = std::move(answer);
  tell(turn, "record_lost_delivery",
       JsonObject()
           .text("error", concat({"a delivery was refused: ", why}))
           .text("delivery_key", delivery_key),
       &WebhookFlow::on_lost_recorded);
}

void WebhookFlow::on_lost_recorded(EffectResult& result, Turn& turn) {
  if (const auto recorded = read_answer(result); !recorded)
    return answer_unavailable(turn, "record_lost_delivery", recorded.error().message);
  turn.finish(std::move(refusal_));
}

void WebhookFlow::tell(Turn& turn, std::string_view function, JsonObject p, Step next) {
  event_.body = std::string();  // not to be held while the database counts: a stranger's may be many
  p.text("workspace", event_.workspace).text("service", event_.service);
  ask(turn, database_.call(function, std::move(p)), next);
}

void WebhookFlow::store_bytes(Turn& turn) {
  auto identity = event_.held ? fail(ErrorKind::data, "a delivery has more than 5 MB; its bytes are kept")
                              : webhook_->identify(event_.body);
  if (identity) {
    identity_ = *std::move(identity);
  } else {
    unreadable_ = std::move(identity.error().message);
    identity_.delivery_key = event_.flow_id;
  }
  object_key_ = object_key(
      {.owner = event_.workspace, .service = event_.service, .delivery_key = identity_.delivery_key});
  blank(event_.body, never_kept_);
  PutObject put{object_key_, std::move(event_.body), std::string(identity_.content_type), true};
  put.as_given = event_.held;
  ask(turn, std::move(put), &WebhookFlow::on_stored);
}

void WebhookFlow::on_stored(EffectResult& result, Turn& turn) {
  if (!std::holds_alternative<Stored>(result))
    return answer_unavailable(turn, "object store", "delivery could not be kept");
  ask(turn,
      database_.call("record_receipt", JsonObject()
                                           .text("workspace", event_.workspace)
                                           .text("service", event_.service)
                                           .text("delivery_key", identity_.delivery_key)
                                           .text("object_key", object_key_)
                                           .text("key", key_)
                                           .text("event_type", identity_.event_type)
                                           .flag("readable", unreadable_.empty())
                                           .text_or_null("error", unreadable_)),
      &WebhookFlow::on_recorded);
}

void WebhookFlow::on_recorded(EffectResult& result, Turn& turn) {
  const auto answer = read_answer(result);
  if (!answer) return answer_unavailable(turn, "database", answer.error().message);
  // It has this workspace's own key: the row is yet to come, or has another name already. Sent again, it may
  // find it.
  if (is_true(*answer, "unknown_workspace"))
    return answer_unavailable(turn, "database", "no workspace of this name");
  client_id_ = find_text(*answer, "client_id");
  if (client_id_.empty()) return answer_unavailable(turn, "database", "receipt without client_id");
  const bool failed_before = find_text(*answer, "state") == "failed";
  const bool wanted = find_bool(*answer, "new").value_or(true) || failed_before;
  if (!unreadable_.empty() || !wanted) return finish(turn, 200, "received");
  ask(turn,
      Enqueue{delivery_message(event_.workspace, client_id_, event_.service, identity_.delivery_key,
                               object_key_)},
      &WebhookFlow::on_queued);
}

// A receipt that is not queued is found by the next tick, so the answer is the same.
void WebhookFlow::on_queued(EffectResult& result, Turn& turn) {
  if (!std::holds_alternative<Queued>(result)) turn.log("warn", log_fields("delivery not queued"));
  finish(turn, 200, "received");
}

void WebhookFlow::finish(Turn& turn, int status, std::string_view text) {
  turn.finish(plain_text(status, text));
}

void WebhookFlow::answer_unavailable(Turn& turn, std::string_view what, std::string_view message) {
  turn.log("error", log_fields("webhook not accepted").text("part", what).text("message", message));
  turn.finish(unavailable());
}

JsonObject WebhookFlow::log_fields(std::string_view what) const {
  JsonObject fields;
  fields.text("what", what)
      .text("service", event_.service)
      .text("workspace", event_.workspace)
      .text("delivery_key", identity_.delivery_key);
  return fields;
}

}  // namespace wf
