#include "shared/connectors/sendgrid/sendgrid.hpp"

#include <array>

#include "shared/connectors/sendgrid/email.hpp"
#include "shared/connectors/sendgrid/stats.hpp"
#include "shared/connectors/sendgrid/webhook.hpp"

namespace wf::sendgrid {
namespace {

constexpr std::chrono::seconds backfill = std::chrono::hours(24 * 90);
// Opens and clicks of a day still come days later.
constexpr std::chrono::seconds look_back = std::chrono::hours(24 * 4);
constexpr std::chrono::days final_after{3};

constexpr std::array streams{Stream{.id = "stats",
                                    .first_sync = backfill,
                                    .overlap = look_back,
                                    .final_after = final_after,
                                    .request = stats_request,
                                    .parse = parse_stats}};

constexpr std::array actions{email};

}  // namespace

constinit const Connector connector{
    .service = "sendgrid", .streams = streams, .webhook = &webhook, .explain = explain, .actions = actions};

}  // namespace wf::sendgrid
