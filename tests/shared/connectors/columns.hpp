#pragma once
// The columns of a table as its migration creates it, but those that the database fills in.

#include <set>
#include <sstream>
#include <string>

#include "shared/base/json.hpp"
#include "tests/project_files.hpp"

namespace columns {

inline std::set<std::string> of_table(const std::string& migration, const std::string& table) {
  std::istringstream in(project_files::read("supabase/migrations/" + migration));
  std::set<std::string> names;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("create table public." + table + " ", 0) == 0)
      inside = true;
    else if (inside && line.rfind(")", 0) == 0)
      break;
    else if (inside && line.rfind("  ", 0) == 0 && line.find(" generated always ") == std::string::npos)
      names.insert(line.substr(2, line.find(' ', 2) - 2));
  }
  for (const char* filled_in : {"client_id", "updated_at", "primary", "check", "--"}) names.erase(filled_in);
  return names;
}

inline std::set<std::string> of_row(const wf::Json& row) {
  std::set<std::string> names;
  for (const auto& [column, value] : row.items()) names.insert(column);
  return names;
}

}  // namespace columns
