#pragma once
// One analysis as rows: the run itself, and the audits it did not pass.

#include <string>
#include <vector>

#include "shared/base/json.hpp"
#include "shared/base/result.hpp"
#include "shared/base/time.hpp"

namespace wf::pagespeed {

// What was asked for. Rows are keyed by it: what a redirect leads to changes.
struct Target {
  std::string strategy;  // "mobile" or "desktop"
  std::string url;
};

// "mobile https://example.com/". Google refuses what is neither strategy nor URL.
Target read_target(std::string_view partition);

// Why Lighthouse has no result that can be trusted.
struct Failure {
  std::string code;  // "FAILED_DOCUMENT_REQUEST"
  std::string message;
};

struct Run {
  Json row;                  // of pagespeed_runs
  std::vector<Json> audits;  // of pagespeed_audits; none of a failed run
  UnixSeconds at;
  bool failed = false;
};

// `body` is the reply to a run that Google carried out, with whatever success.
Result<Run> read_run(const Json& body, const Target& target, UnixSeconds source_at);

// A page that Lighthouse could not load at all: a row without measurements.
Run failed_run(const Failure& failure, const Target& target, UnixSeconds source_at);

}  // namespace wf::pagespeed
