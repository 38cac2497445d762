#pragma once
// JSON as a run of events, for replies of megabytes: no document is made of them. Numbers stay the
// text that was sent, so that 64-bit ones are exact and most are never converted.

#include <string_view>

#include "shared/base/result.hpp"

namespace wf {

enum class JsonScalar { text, number, flag, null };  // a flag's text is "true" or "false"

// Each returns false to stop; the views end with the call. A text that has no escapes is a view into the
// JSON.
class JsonEvents {
 public:
  virtual ~JsonEvents() = default;
  virtual bool on_begin(bool array) = 0;
  virtual bool on_end() = 0;
  virtual bool on_key(std::string_view name) = 0;
  virtual bool on_scalar(JsonScalar kind, std::string_view text) = 0;

  // Tables: whether the elements of the array that has begun are mostly written alike. If so, of an element
  // that differs from one before it in its texts and numbers alone only these come, in their order and
  // counted from 0, and then its end; not `whole`: it is unlike after all, and comes again from its start.
  virtual bool expects_like_elements() { return false; }
  virtual bool on_like_scalar(std::size_t, JsonScalar, std::string_view) { return true; }
  virtual bool on_like_end(bool) { return true; }
};

// False when the events were stopped by their receiver, which knows why. Errors: data, as those of
// parse_json. `deepest`: how many levels the reader may follow down a small stack.
Result<bool> read_json_events(std::string_view text, std::string_view who, JsonEvents& events,
                              int deepest = 64);

}  // namespace wf
