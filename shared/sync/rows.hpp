#pragma once
// Rows on their way from a connector into the database.

#include <string>
#include <string_view>
#include <vector>

#include "shared/base/json.hpp"

namespace wf {

// Rows of one table, as JSON objects whose members are the table's columns.
struct RowBatch {
  std::string table;
  std::vector<Json> rows;
  // A bulk page's rows never become documents: their JSON texts, joined by commas, and the columns
  // that are the same in all of them.
  std::string text = {};
  Json common = {};
};

// Into the batch of its table.
void add_row(std::vector<RowBatch>& batches, std::string_view table, Json row);

}  // namespace wf
