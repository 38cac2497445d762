#pragma once
// A service that exists only here: its data by day and page, behind a token that expires.

#include "fake_host.hpp"
#include "shared/sync/connector.hpp"

namespace toy {

extern const wf::Connector connector;

// A page of that day; `more`: another one follows.
std::string page(const std::string& day, bool more = false);
std::string token(int expires_in = 3600);

// Answers for the token endpoint, and `rows` for the rest.
fake::Host host(std::function<fake::Reply(const std::string& url)> rows);

}  // namespace toy
