#pragma once
// What the agency sets: which model, what it costs and how much of it may be used. Models and their
// prices change too often to be part of a program.

#include <cstdint>
#include <optional>
#include <string>

#include "shared/base/json.hpp"
#include "shared/base/result.hpp"

namespace wf::openai {

// Millionths of a US dollar per million tokens.
struct Prices {
  std::int64_t input = 0;
  std::int64_t cached = 0;
  std::int64_t output = 0;
};

struct Settings {
  std::string model;
  Prices prices;
  std::string effort;  // empty: the model's own
  std::int64_t max_output_tokens = 0;
  std::optional<std::int64_t> daily_limit_micros;  // of all workspaces together
};

// `ids`: the account ids by full name. Errors: configuration, naming the setting.
Result<Settings> read_settings(const Json& ids);

// Tokens as they are billed: cached ones are a part of the input, reasoning is a part of the output.
struct Usage {
  std::int64_t input = 0;
  std::int64_t cached = 0;
  std::int64_t output = 0;
  std::int64_t reasoning = 0;
};

// Millionths of a US dollar, rounded up once: no sum of costs is ever told too low.
std::int64_t cost_micros(const Usage& usage, const Prices& prices);

}  // namespace wf::openai
