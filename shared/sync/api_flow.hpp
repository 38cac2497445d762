#pragma once
// What an uptime monitor needs: no secrets, no tenant names. Errors are application/problem+json.
// https://www.rfc-editor.org/rfc/rfc9457

#include <string>

#include "shared/sync/database.hpp"
#include "shared/sync/flow.hpp"

namespace wf {

class ApiFlow final : public Steps<ApiFlow> {
 public:
  ApiFlow(Database database, std::string method, std::string path);
  void start(Turn& turn) override;

 private:
  void on_answer(EffectResult& result, Turn& turn);
  Database database_;
  std::string method_;
  std::string path_;
};

}  // namespace wf
