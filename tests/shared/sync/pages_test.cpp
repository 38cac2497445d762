#include "shared/sync/pages.hpp"

#include <catch_amalgamated.hpp>

#include "shared/base/json_object.hpp"
#include "shared/sync/database.hpp"

using namespace wf;

// Where it has none the text is moved into twice the memory, of which the module never gives any back.
TEST_CASE("the rows of a bulk page have room for the call that is written around them", "[pages]") {
  const std::string rows(1'000'000, '1');
  const Json p = JsonObject().text("run_id", "r-1").take();
  const Database database("http://127.0.0.1:1", "sb_publishable_test");
  for (const std::size_t size : {0U, 1U, 7U, 15U}) {
    const RowBatch batch{.table = std::string(size, 't'), .rows = {}, .text = rows};
    const HttpRequest call = database.call_text("apply_page", with_tables(p, {batch}));
    CHECK(call.body.size() > rows.size());
    CHECK(call.body.capacity() < rows.size() + 10'000);
  }
}
