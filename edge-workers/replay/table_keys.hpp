#pragma once
// Primary keys of the tables, read from the text of supabase/migrations: a stand-in of the database
// must not have an opinion of its own about them.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "shared/base/json.hpp"

namespace wf::replay {

class TableKeys {
 public:
  void read(const std::string& sql);  // of one migration

  // The same for two rows that the database would store as one. Tables that no migration creates
  // are keyed by `id`.
  std::string key_of(const std::string& table, const Json& row) const;
  // Whether its rows have an id of their own, by which one can be fetched again. Where the migration says
  // that they are not refetched, they cannot.
  bool is_fetched_by_id(const std::string& table) const;

 private:
  // Columns of the key but client_id. Of a generated one, the words that it is made of: those that
  // are columns stand for it.
  std::map<std::string, std::vector<std::string>> columns_;
  std::set<std::string> not_refetched_;
};

// Those of supabase/migrations. Of the native tool alone: a wasm module has no such folder.
const TableKeys& migrated_keys();

}  // namespace wf::replay
