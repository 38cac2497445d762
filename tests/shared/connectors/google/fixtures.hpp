#pragma once
// Recorded replies of Google's services, and the columns that the migrations gave their tables.

#include <dirent.h>

#include <catch_amalgamated.hpp>
#include <string>
#include <vector>

#include "shared/sync/connector.hpp"
#include "tests/project_files.hpp"
#include "tests/shared/connectors/columns.hpp"

namespace google_fixtures {

inline wf::HttpReply reply(const std::string& name, int status = 200) {
  return {.status = status, .body = project_files::read("tests/fixtures/" + name)};
}

inline std::vector<std::string> names(const std::string& service) {
  std::vector<std::string> all;
  DIR* folder = opendir(project_files::path("tests/fixtures/" + service).c_str());
  REQUIRE(folder != nullptr);
  while (const dirent* file = readdir(folder)) {
    const std::string name = static_cast<const char*>(file->d_name);
    if (name.front() != '.') all.push_back(service + "/" + name);
  }
  closedir(folder);
  return all;
}

// The rows as the database gets them: what is common to all is in each.
inline std::vector<wf::Json> rows_of(const wf::RowBatch& batch) {
  std::vector<wf::Json> rows = batch.rows;
  const auto listed = wf::parse_json("[" + batch.text + "]", "rows");
  REQUIRE(listed.has_value());
  rows.insert(rows.end(), listed->begin(), listed->end());
  for (wf::Json& row : rows)
    if (batch.common.is_object()) row.update(batch.common);
  return rows;
}

inline wf::UnixSeconds at(const char* time) { return wf::parse_time(time).value_or(wf::UnixSeconds{}); }

}  // namespace google_fixtures
