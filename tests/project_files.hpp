#pragma once
// Files of the project, wherever the test program is started. Of the tests only the library of this header
// knows the project's folder, so that a checkout elsewhere compiles to the same objects
// (cmake/platform.cmake).

#include <string>
#include <string_view>

namespace project_files {

// Absolute; "tests/golden", for example.
std::string path(std::string_view path_in_project);
// Fails the test if there is no such file.
std::string read(std::string_view path_in_project);

}  // namespace project_files
