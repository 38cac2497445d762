#include "shared/connectors/registry.hpp"

#include <array>

#include "shared/connectors/cloudflare/cloudflare.hpp"
#include "shared/connectors/google_ads/google_ads.hpp"
#include "shared/connectors/meta/meta.hpp"
#include "shared/connectors/openai/openai.hpp"
#include "shared/connectors/pagespeed/pagespeed.hpp"
#include "shared/connectors/search_console/search_console.hpp"
#include "shared/connectors/sendgrid/sendgrid.hpp"
#include "shared/connectors/stripe/stripe.hpp"
#include "shared/connectors/supabase/supabase.hpp"

namespace wf {

Registry connectors() {
  static constexpr std::array list{&cloudflare::connector, &google_ads::connector, &meta::connector,
                                   &openai::connector,     &pagespeed::connector,  &search_console::connector,
                                   &sendgrid::connector,   &stripe::connector,     &supabase::connector};
  return list;
}

Registry api_connectors() {
  static constexpr std::array acting{&openai::api_connector, &sendgrid::api_connector};
  return acting;
}

}  // namespace wf
