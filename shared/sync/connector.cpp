#include "shared/sync/connector.hpp"

namespace wf {

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
