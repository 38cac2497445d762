#include "shared/sync/connector.hpp"

namespace wf {

void note_newest(Page& page, UnixSeconds at) {
  if (!page.newest || at > *page.newest) page.newest = at;
}

void note_oldest(Page& page, UnixSeconds at) {
  if (!page.oldest || at < *page.oldest) page.oldest = at;
}

const Connector* find_connector(Registry registry, std::string_view service) {
  for (const Connector* connector : registry)
    if (connector->service == service) return connector;
  return nullptr;
}

const Stream* find_stream(const Connector& connector, std::string_view id) {
  for (const Stream& stream : connector.streams)
    if (stream.id == id) return &stream;
  return nullptr;
}

}  // namespace wf
