#include "shared/connectors/registry.hpp"

#include <array>

#include "shared/connectors/stripe/stripe.hpp"

namespace wf {

Registry connectors() {
  static constexpr std::array list{&stripe::connector};
  return list;
}

}  // namespace wf
