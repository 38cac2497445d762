#pragma once
// Groups of GraphQL analytics as rows.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "shared/connectors/row_reader.hpp"

namespace wf::cloudflare {

// A column that is part of the key, and the dimension that it comes from.
struct Dimension {
  std::string_view column;
  std::string_view name;
};

// What a group's time becomes: an hour, a day, or a day and the moment of a reading.
enum class Moment : std::uint8_t { hour, day, reading };

// How groups of one dataset become rows.
struct RowKind {
  std::string_view who;
  std::string_view tag_column;  // of the account's or the zone's id
  Moment moment;
  std::span<const Dimension> dimensions;
  const RowTable& columns;
  // Where a key may have many groups: the columns that add up, and those that say nothing about the whole.
  // Without any, the latest group of a key is its row.
  std::span<const std::string_view> counts;
  std::span<const std::string_view> percentiles;
  void (*add_more)(RowReader& row, const Json& group) = nullptr;
};

extern const RowKind worker_rows;
extern const RowKind r2_operation_rows;
// The latest reading of each bucket and day: readings are states and cannot be added up.
extern const RowKind r2_storage_rows;
extern const RowKind zone_rows;

// Adds the rows of a reply's groups. `tag` is the account's or the zone's id. Errors: data.
Result<void> read_rows(const RowKind& kind, std::span<const Json> groups, std::string_view tag,
                       UnixSeconds source_at, std::vector<Json>& rows);

// "A", "B", "free", or "other" for an action that is not known yet.
// https://developers.cloudflare.com/r2/pricing/
std::string_view r2_operation_class(std::string_view action);

}  // namespace wf::cloudflare
