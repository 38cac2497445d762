#pragma once
// The rows of a large reply, turned straight into the text of an upsert: a page of 25,000 rows costs
// little more memory than its bytes. What a column is made of is data, as the tables are.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/result.hpp"
#include "shared/base/time.hpp"
#include "shared/connectors/columns.hpp"

namespace wf {

enum class Cell : char {
  text = 't',
  integer = 'i',      // 64-bit; a number or, as Google writes them, a decimal text
  number = 'n',       // kept as it was written; "NaN" and the infinities become null
  micros = 'm',       // a number of whole units, as millionths
  day = 'd',          // YYYY-MM-DD
  resource_id = 'r',  // the last part of "customers/1/conversionActions/42"
};

// Places are inside the row: "metrics.costMicros"; an array's element: "keys.0".
inline constexpr std::string_view bulk_types = " text integer number micros day resource_id ";
using BulkTable = ColumnTable<bulk_types>;

struct BulkShape {
  std::string_view who;                     // opens every error
  std::string_view rows;                    // the member that holds the rows; absent: there are none
  BulkTable columns;                        // at most 32
  std::span<const std::string_view> notes;  // scalars beside the rows that are wanted: "nextPageToken"
};

struct BulkRows {
  std::string text;  // the rows as JSON objects, joined by commas
  std::size_t count = 0;
  std::optional<Day> newest;       // of the `day` cells
  std::vector<std::string> notes;  // as the shape lists them; empty text: absent

  bool noted() const;
};

// The reply is an object that holds the rows, or an array of such objects. Errors: data.
Result<BulkRows> read_bulk_rows(std::string_view body, const BulkShape& shape);

}  // namespace wf
