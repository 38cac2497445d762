#pragma once
// A connector is data and pure functions: what to ask next and what came back. It has no loop, no
// retry, no clock and no secret; the one sync flow and the one webhook flow have those, for all.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shared/base/json.hpp"
#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/sync/action.hpp"
#include "shared/sync/effects.hpp"
#include "shared/sync/http.hpp"
#include "shared/sync/rows.hpp"

namespace wf {

// Both ends are inclusive.
struct Window {
  UnixSeconds from;
  UnixSeconds to;
};

// One page to ask for. `position` is the connector's own and null on the first page; `ids` are the
// workspace's account ids by full name: {"google_ads.customer_id":"123"}; `client_id` is the
// workspace's own.
struct Query {
  Window window;
  std::string partition;
  Json ids;
  Json position;
  std::string client_id = {};
  bool again = false;  // the answer before was not believed (Page::ask_again)
};

struct ObjectRef {
  std::string table;
  std::string id;
};

// An event that the provider says it delivered.
struct ReceivedEvent {
  std::string key;
  std::string event_type;
};

struct Page {
  std::vector<RowBatch> batches;
  std::size_t items = 0;              // objects in the reply, stored or not
  std::optional<Json> next;           // position of the next page; none: this was the last
  std::optional<UnixSeconds> newest;  // provider's time of the newest and oldest item
  std::optional<UnixSeconds> oldest;
  std::vector<ReceivedEvent> deliveries;  // for reconciliation streams
  std::vector<ObjectRef> stale;           // objects to be fetched again: their newest state is not here
  // What of this scan the provider does not give, as of its last page: {"page_video_views"}. What is given
  // again is read from as far back as at first.
  std::vector<std::string> unavailable = {};
  // When the sign-in itself ends, where the reply says so; `never_ends` (shared/domain/facts.hpp).
  std::optional<UnixSeconds> credentials_expire_at = {};
  // This page is written, and asked for once more, after `pause_secs`: what that brings is believed.
  bool ask_again = false;
  // The provider's limit is nearly used up: how long to wait before the next page.
  std::int64_t rest_secs = 0;
  // How long to wait for the next page for another reason: nothing is said of a limit.
  std::int64_t pause_secs = 0;
};

// Of an item: the page's newest and oldest are kept.
void note_newest(Page& page, UnixSeconds at);
void note_oldest(Page& page, UnixSeconds at);

// Why a reply that is not a success failed, and what the flow does about it. `read`: the refusal is
// itself an answer, as of one metric among many that no longer exists; `parse` reads it. `retry_then_read`:
// it may pass; it is an answer when it has not after all tries.
enum class Remedy { retry, give_up, restart_scan, read, retry_then_read };
struct Problem {
  Error error;
  Remedy remedy = Remedy::give_up;
  std::string request_id = {};  // the provider's own name for the call that it refused, for the log
};

struct Stream {
  std::string_view id;
  bool full_scan = false;                 // no window: everything is read every time
  bool reconciles = false;                // its pages list what the webhook should have delivered
  std::chrono::seconds first_sync{};      // how far back the first window reaches
  std::chrono::seconds overlap{};         // how much of the last window is read again
  std::chrono::seconds weekly_overlap{};  // and by the first scan of a week, where that is more
  // How far back another stream lists what became of the rows; after a longer gap as much is read as at
  // first.
  std::chrono::seconds changes_listed_for{};
  std::chrono::days final_after{};       // how long the provider revises a row; 0: never
  std::chrono::seconds slowest_reply{};  // when one page may take longer than 30 s
  // Events say what became of its rows, too: a page is as old as its question, so that what changed while it
  // was answered is newer.
  bool dated_when_asked = false;
  // An empty answer may be a missing permission: a scan without any item covers nothing, and says so.
  bool expects_items = false;
  // A URL that begins with "$SUPABASE_URL" is one of the agency's own database.
  HttpRequest (*request)(const Query&) = nullptr;
  // The reply to that query. `source_at` is the provider's clock when the reply was made. An error's
  // kind decides whether it is tried again: credentials, configuration and ours are not.
  Result<Page> (*parse)(const HttpReply&, const Query&, UnixSeconds source_at) = nullptr;
};

// What proves that a delivery is genuine (Verify, effects.hpp); `prefix` is signed together with the
// body. A provider may send deliveries of several kinds to its one path, each with its own proof.
struct SignatureClaim {
  std::string_view algorithm;
  std::string_view secret;
  std::string prefix;
  std::vector<std::string> signatures;
  // What the sender is answered when it does not match: of one that delivers again only after a 5xx, that.
  int mismatch_status = 400;
  // Why it is refused although it matches: "timestamp too old". Only a match tells a late delivery, which the
  // card shows, from a stranger's.
  std::string_view untimely = {};
};

// `delivery_key` names the delivery for ever: the provider's own id of it, or made of its content.
struct Identity {
  std::string delivery_key;
  std::string event_type;
  std::string_view content_type = "application/json";  // of the stored bytes
};

// A stored delivery on its way to rows.
struct Received {
  std::string_view body;
  std::string client_id;
  std::string object_key;  // of the stored bytes; what else is stored of it lies below
  Json ids;                // as in Query
  Json answers;            // one per question, in their order
  UnixSeconds now;
};

// What must be known before a delivery can be read. The answer to a Verify is true or false, to a
// Lookup the rows, of this workspace alone, as PostgREST gives them.
struct Lookup {
  std::string table;
  std::string query;  // everything after the question mark but the workspace
};
using Question = std::variant<Verify, Lookup>;

// What a stored delivery means. An ignored one has neither rows nor stale objects.
struct Delivery {
  std::vector<RowBatch> batches;
  std::vector<ObjectRef> stale;
  UnixSeconds event_at;
  std::vector<PutObject> objects = {};  // kept before the rows that name them
  std::string left_out = {};            // what of it could not be read, for the log
  bool lost_rows = false;               // and rows are missing for that: the card says so
};

struct Webhook {
  // Errors: data; the message may be shown to the caller.
  Result<SignatureClaim> (*claim)(const Headers&, std::string_view body, UnixSeconds now) = nullptr;
  Result<Identity> (*identify)(std::string_view body) = nullptr;
  std::vector<Question> (*questions)(const Received&) = nullptr;  // null: there are none
  Result<Delivery> (*parse)(const Received&) = nullptr;
};

// How to come by a credential that expires. The flow runs the steps when a request finds it missing,
// and once more when it is refused; then it repeats the request.
using GrantStep = std::variant<HttpRequest, Sign>;
struct Grant {
  std::string_view captured;  // "google_ads.access_token": what the last step captures
  std::vector<GrantStep> (*steps)(const Json& ids, UnixSeconds now) = nullptr;
  // Of a signature that is not always demanded: without its key, requests leave out what holds it.
  bool optional = false;
};

struct Connector {
  std::string_view service;
  std::span<const Stream> streams;
  const Webhook* webhook = nullptr;
  // One object by its id, for ties and stale objects; null where rows cannot be fetched one by one.
  std::optional<HttpRequest> (*fetch)(const ObjectRef&) = nullptr;
  Result<Page> (*parse_object)(const ObjectRef&, const HttpReply&, UnixSeconds source_at) = nullptr;
  // Adds what this provider's own codes say to "stripe charges: answered 403". What the status usually means
  // is put between, unless what was added begins with a comma; where the kind is another, only that of a
  // limit.
  Problem (*explain)(const HttpReply&, Problem general) = nullptr;
  std::span<const Grant> grants{};
  std::span<const Action> actions{};
  // A member of this provider's JSON whose text the archive is not to hold, because whoever has it may act:
  // it is blanked wherever it is in a page or a delivery (but in one above 5 MB, which the host alone holds).
  // Nothing may read it. Empty: there is none.
  std::string_view never_kept = {};
};

using Registry = std::span<const Connector* const>;

const Connector* find_connector(Registry registry, std::string_view service);
const Stream* find_stream(const Connector& connector, std::string_view id);

}  // namespace wf
