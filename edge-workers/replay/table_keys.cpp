#include "edge-workers/replay/table_keys.hpp"

#include <cctype>

#include "shared/base/text.hpp"

namespace wf::replay {
namespace {

bool is_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_letter(text[end])) ++end;
    if (end > at) words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

// Between the first bracket after `opening` and the last one of its line.
std::string_view bracketed(std::string_view line, std::string_view opening) {
  const std::size_t at = line.find(opening);
  const std::size_t end = line.rfind(')');
  if (at == std::string_view::npos || end == std::string_view::npos) return {};
  const std::size_t begin = at + opening.size();
  return end > begin ? line.substr(begin, end - begin) : std::string_view();
}

}  // namespace

void TableKeys::read(const std::string& sql) {
  constexpr std::string_view create = "create table public.";
  const bool refetched = !contains(sql, "p_refetched => false");  // all targets of a file are alike
  std::string table;
  std::map<std::string, std::vector<std::string>> generated;
  for (const std::string_view line : split(sql, '\n')) {
    if (starts_with(line, create)) {
      const auto words = words_of(line.substr(create.size()));
      table = words.empty() ? "" : words.front();
      generated.clear();
      if (!refetched) not_refetched_.insert(table);
    }
    const auto parts = words_of(bracketed(line, "generated always as ("));
    if (!parts.empty()) generated[words_of(line).front()] = parts;
    for (const std::string& column : words_of(bracketed(line, "primary key ("))) {
      auto& key = columns_[table];
      const auto made = generated.find(column);
      if (made != generated.end())
        key.insert(key.end(), made->second.begin(), made->second.end());
      else if (column != "client_id")
        key.push_back(column);
    }
  }
}

std::string TableKeys::key_of(const std::string& table, const Json& row) const {
  const auto known = columns_.find(table);
  if (known == columns_.end() || known->second == std::vector<std::string>{"id"})
    return find_string(row, "id").value_or("");
  Json key = Json::array();
  for (const std::string& column : known->second)
    if (row.contains(column)) key.push_back(row[column]);
  return dump(key);
}

bool TableKeys::is_fetched_by_id(const std::string& table) const {
  const auto known = columns_.find(table);
  if (known == columns_.end()) return true;
  return known->second == std::vector<std::string>{"id"} && !not_refetched_.contains(table);
}

}  // namespace wf::replay
