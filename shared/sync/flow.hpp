#pragma once
// A flow is a step machine: `start`, then one `reply` per result. Each step returns effects and
// names the step that takes the next result, so the whole path can be read from top to bottom.
// Nothing that must survive lives in a flow: after a kill a new one resumes from the database.

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/base/time.hpp"
#include "shared/sync/effects.hpp"

namespace wf {

// What the host told with the input, and what the flow answers to it.
struct Turn {
  UnixSeconds now;
  std::vector<Effect> effects;

  void ask(Effect effect);
  void ask(HttpRequest request);  // by far the most frequent kind
  void ask(Respond answer);
  void log(std::string_view level, const Json& fields);
  void log_error(std::string_view what, std::string_view message);
  void done();
  void finish(Respond answer);  // it, and done
  void retry(std::int64_t delay_secs);
};

class Flow {
 public:
  Flow() = default;
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;
  virtual ~Flow() = default;
  virtual void start(Turn& turn) = 0;
  virtual void reply(EffectResult& result, Turn& turn) = 0;
};

// Keeps which member function takes the next result.
template <class Derived>
class Steps : public Flow {
 public:
  void reply(EffectResult& result, Turn& turn) final { (static_cast<Derived*>(this)->*next_)(result, turn); }

 protected:
  using Step = void (Derived::*)(EffectResult&, Turn&);

  void ask(Turn& turn, Effect effect, Step next) {
    next_ = next;
    turn.ask(std::move(effect));
  }
  void ask(Turn& turn, HttpRequest request, Step next) {
    next_ = next;
    turn.ask(std::move(request));
  }

 private:
  Step next_ = nullptr;
};

}  // namespace wf
