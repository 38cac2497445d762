#pragma once
// Rows on their way into apply_page, and single objects fetched to settle ties.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "shared/sync/connector.hpp"
#include "shared/sync/effects.hpp"

namespace wf {

// `object` (of at least one member) as text, with apply_page's `tables` as its last member:
// [{"table","rows","common"?}]. Bulk pages are megabytes of text that no document should be made of.
std::string with_tables(const Json& object, const std::vector<RowBatch>& batches);
// The provider's clock counts whole seconds: a tie may outlast one fetch, but not this rest.
inline constexpr int settlings_per_visit = 2;
inline constexpr std::int64_t tie_rest_secs = 2;

// Rows of a table that is already there join its batch. Only `rows`: no object and no delivery is a bulk
// page.
void append(std::vector<RowBatch>& batches, std::vector<RowBatch> more);

// An array of {"table","id"} under `key`; what is not that shape is left out.
std::vector<ObjectRef> read_refs(const Json& object, std::string_view key);
Json to_json(const std::vector<ObjectRef>& refs);
// apply_page's `deliveries`, all of them with the bytes that they were listed in.
Json to_json(const std::vector<ReceivedEvent>& events, std::string_view object_key);

// The rows of one fetched object; none when the provider no longer has it.
tl::expected<std::vector<RowBatch>, Problem> read_object(const Connector& connector, const ObjectRef& ref,
                                                         const EffectResult& result, UnixSeconds now);

}  // namespace wf
