#pragma once
// Calls of the Graph API: whose token goes with them, and what its errors and usage headers mean.
// https://developers.facebook.com/docs/graph-api/overview

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "shared/sync/connector.hpp"

namespace wf::meta {

// Lives until 2028 at least; a dead one is silently answered by the oldest that lives.
// https://developers.facebook.com/docs/graph-api/changelog
inline constexpr std::string_view graph_version = "v26.0";

// A token and the proof that whoever sends it also has the app's secret. Each token has a proof of its
// own. https://developers.facebook.com/docs/graph-api/guides/secure-requests#appsecret_proof
struct Credential {
  std::string_view token;
  std::string_view proof;
};
inline constexpr Credential owner{"meta.access_token", "meta.access_proof"};

// The host keeps what is captured by workspace and name: so that one Page's token is never sent for
// another, each Page that a workspace may have has names of its own.
inline constexpr std::array page_credentials{Credential{"meta.page_token", "meta.page_proof"},
                                             Credential{"meta.page_token_2", "meta.page_proof_2"},
                                             Credential{"meta.page_token_3", "meta.page_proof_3"},
                                             Credential{"meta.page_token_4", "meta.page_proof_4"},
                                             Credential{"meta.page_token_5", "meta.page_proof_5"},
                                             Credential{"meta.page_token_6", "meta.page_proof_6"}};
// The page's by its place among meta.page_id; the owner's, with which nothing is read (check_id), for one too
// many.
const Credential& page_credential(const Json& ids, std::string_view page_id);

// `path_and_query`: "123/posts?limit=25". The token goes in a header: URLs end up in logs.
HttpRequest graph_request(std::string_view path_and_query, const Credential& credential);

// Asks when the owner's token ends: with the app's token (`meta.app_id` and the app's secret) where the
// agency gave its id; else with the owner's, which Meta may refuse unless a developer of the app owns it.
// https://developers.facebook.com/docs/graph-api/reference/debug_token
HttpRequest token_request(const Json& ids);

// Gives the token of the `place`th Page of meta.page_id, and its proof.
// https://developers.facebook.com/docs/pages-api/getting-started
std::vector<GrantStep> page_token_steps(const Json& ids, std::size_t place);
// Gives the proof of the owner's token.
std::vector<GrantStep> access_proof_steps();

// https://developers.facebook.com/docs/graph-api/guides/error-handling
Problem explain(const HttpReply& reply, Problem general);
// Of a refusal that `explain` hands to `parse`: what was asked for does not exist.
bool is_unknown_field(const HttpReply& reply);
bool is_not_permitted(const HttpReply& reply);
// A fault, or a permission, that may be of one metric alone: others are given.
bool may_be_of_one(const HttpReply& reply);
// The code of an unknown field, but it is the posts that are too old for figures, and no metric that is gone.
bool is_before_business(const HttpReply& reply);
// Of one that `parse` has no other answer to.
Error refusal(const HttpReply& reply, std::string_view who);

// How long to rest before the next call; 0: there is room. From 75 % of a limit on calls are a minute
// apart, from 95 % on none is made until Meta says that there is room again.
// https://developers.facebook.com/docs/graph-api/overview/rate-limiting#headers
std::int64_t rest_after(const HttpReply& reply);

// The `data` of a list. Errors: data.
Result<Json> read_data(const HttpReply& reply, std::string_view who);
// The partition is "123", as tables and URLs take it, and no Page too many; else configuration.
Result<void> check_id(const Query& query, std::string_view who, bool is_page);

}  // namespace wf::meta
