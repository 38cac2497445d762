#include "project_files.hpp"

#include <catch_amalgamated.hpp>
#include <fstream>
#include <iterator>

namespace project_files {

std::string path(std::string_view path_in_project) {
  return WF_PROJECT_DIR "/" + std::string(path_in_project);
}

std::string read(std::string_view path_in_project) {
  CAPTURE(path_in_project);
  std::ifstream in(path(path_in_project), std::ios::binary);
  REQUIRE(in.good());
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace project_files
