#include <filesystem>
#include <fstream>
#include <iterator>

#include "edge-workers/replay/table_keys.hpp"

namespace wf::replay {

const TableKeys& migrated_keys() {
  static const TableKeys read_once = [] {
    TableKeys keys;
    std::error_code none;
    for (const auto& entry :
         std::filesystem::directory_iterator(WF_PROJECT_DIR "/supabase/migrations", none)) {
      std::ifstream in(entry.path(), std::ios::binary);
      keys.read({std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()});
    }
    return keys;
  }();
  return read_once;
}

}  // namespace wf::replay
