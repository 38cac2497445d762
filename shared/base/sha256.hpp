#pragma once
// SHA-256 (FIPS 180-4), to name things by their content. Nothing secret is hashed here: signatures
// are made and checked by the host.

#include <string>
#include <string_view>

namespace wf {

std::string sha256_hex(std::string_view bytes);

}  // namespace wf
