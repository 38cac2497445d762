#pragma once
// What a person asks for through the Worker's API: an email to send, an insight to write. A connector
// says what to ask and what came back means; the one action flow (action_flow.hpp) checks who asks,
// keeps the intent, calls the provider once, archives its reply and stores the rows.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/json.hpp"
#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/sync/effects.hpp"
#include "shared/sync/http.hpp"
#include "shared/sync/rows.hpp"

namespace wf {

struct ActionQuery {
  std::string id;  // of this request, a UUID: names its rows and comes back in the provider's events
  std::string workspace;
  std::string client_id;
  std::string user_id;    // who asks
  Json ids;               // the workspace's account ids by full name
  Json input;             // what `check` made of the request's body
  Json facts;             // what `facts_function` answered; null without one
  std::string signature;  // of the message of `sign`, in hex; empty without one
};

struct ActionStart {
  std::vector<RowBatch> batches;  // the intent: stored before the call, so that a kill leaves a trace
  HttpRequest call;
};

struct ActionEnd {
  std::vector<RowBatch> batches;
  int status = 200;
  Json answer;  // the body of the response
  // What the reply was worth nothing for: the card tells it. `batches` are stored all the same.
  std::optional<Error> failure = std::nullopt;
};

struct Action {
  std::string_view id;  // POST /api/workspaces/{slug}/<id>
  // The body, checked and reduced to what is known. Errors: data, shown to the caller as 400.
  Result<Json> (*check)(const Json& body) = nullptr;
  // public.<facts_function>({"client_id","input"}); empty: nothing is read first.
  std::string_view facts_function{};
  // What must be signed before `start`: an effect without `captured`, whose result is the signature.
  std::optional<Sign> (*sign)(const ActionQuery& query) = nullptr;
  // Errors: data (422: it cannot be done with what is stored), configuration (409: the card tells it too).
  Result<ActionStart> (*start)(const ActionQuery& query, UnixSeconds now) = nullptr;
  // Of a reply that is a success. Errors: it is not worth anything.
  Result<ActionEnd> (*end)(const ActionQuery& query, const HttpReply& reply, UnixSeconds now) = nullptr;
  // The rows of one that is not. `unknown`: the provider may have done it all the same.
  std::vector<RowBatch> (*fail)(const ActionQuery& query, const Error& error, bool unknown,
                                UnixSeconds now) = nullptr;
  // What whoever asked is told then: "look in SendGrid before it is sent again".
  std::string_view when_unknown{};
  // A success that `end` refuses was not the provider's own word: it may have been done all the same.
  bool unknown_when_refused = false;
};

}  // namespace wf
