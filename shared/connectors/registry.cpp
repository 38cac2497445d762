#include "shared/connectors/registry.hpp"

#include <array>

#include "shared/connectors/cloudflare/cloudflare.hpp"
#include "shared/connectors/pagespeed/pagespeed.hpp"
#include "shared/connectors/stripe/stripe.hpp"
#include "shared/connectors/supabase/supabase.hpp"

namespace wf {

Registry connectors() {
  static constexpr std::array list{&cloudflare::connector, &pagespeed::connector, &stripe::connector,
                                   &supabase::connector};
  return list;
}

}  // namespace wf
