#include "shared/sync/archive.hpp"

#include <catch_amalgamated.hpp>

#include "shared/base/json_object.hpp"
#include "toy_service.hpp"

using namespace wf;

namespace {

const std::string key = "raw/c-1/toy/rows/r-1/12.json";

Query query(Json position) {
  return {.window = {from_unix(1'763'800'000), from_unix(1'763'900'000)},
          .partition = "https://a.example/caf\xc3\xa9",
          .ids = {{"toy.account", "77"}, {"stripe.account", "not this parser's"}},
          .position = std::move(position),
          .client_id = "c-1"};
}

const HttpReply reply{206, {{"set-cookie", "not kept"}}, "the bytes", 42};

Json metadata_of(Json position) {
  return page_metadata("toy", reply, query(std::move(position)), from_unix(1'763'900'007));
}

std::size_t size_of(const Json& metadata) {
  std::size_t size = 0;
  for (const auto& [name, value] : metadata.items()) size += name.size() + value.get<std::string>().size();
  return size;
}

}  // namespace

TEST_CASE("a key says whose page or delivery it is, and is the same written again", "[archive]") {
  const auto page = read_object_key(key);
  REQUIRE(page.has_value());
  CHECK(page->is_page());
  CHECK(page->owner == "c-1");
  CHECK(page->service == "toy");
  CHECK(page->stream == "rows");
  CHECK(page->run_id == "r-1");
  CHECK(page->page == 12);
  CHECK(object_key(*page) == key);

  const auto delivery = read_object_key("webhooks/northwind-dental/stripe/evt/with/slashes");
  REQUIRE(delivery.has_value());
  CHECK_FALSE(delivery->is_page());
  CHECK(delivery->owner == "northwind-dental");
  CHECK(delivery->delivery_key == "evt/with/slashes");
}

TEST_CASE("what is no key of ours is not read as one", "[archive]") {
  for (const char* other :
       {"", "raw", "raw/c/toy/rows/r/1", "raw/c/toy/rows/r/01.json", "raw/c/toy/rows/r/-1.json",
        "raw/c/toy/rows/r/x.json", "raw/c/toy/rows/r/1.json.meta.json", "raw/c/toy/rows/r/1.json/2.json",
        "webhooks/slug/stripe/", "webhooks/slug/stripe", "other/slug/stripe/evt_1"}) {
    INFO(other);
    CHECK_FALSE(read_object_key(other).has_value());
  }
}

TEST_CASE("what parse needs is kept in ASCII, and read back", "[archive]") {
  const Json metadata = metadata_of(Json{{"after", "x"}});
  CHECK_FALSE(is_too_long(metadata));
  CHECK_FALSE(is_in_sidecar(metadata));
  for (const auto& [name, value] : metadata.items())
    for (const char c : value.get<std::string>()) CHECK((c >= ' ' && c <= '~'));

  const auto archived = read_page_metadata(metadata);
  REQUIRE(archived.has_value());
  CHECK(to_unix(archived->query.window.from) == 1'763'800'000);
  CHECK(to_unix(archived->query.window.to) == 1'763'900'000);
  CHECK(archived->query.partition == query(Json()).partition);
  CHECK(archived->query.position == Json{{"after", "x"}});
  CHECK(archived->query.ids == Json{{"toy.account", "77"}});
  CHECK(to_unix(archived->source_at) == 1'763'900'007);
  CHECK(archived->reply.status == 206);
  CHECK(archived->reply.elapsed_ms == 42);
  CHECK(archived->reply.headers.empty());
}

TEST_CASE("whether a page was asked for once more is kept", "[archive]") {
  Query asked = query(Json());
  for (const bool again : {false, true}) {
    asked.again = again;
    const auto archived = read_page_metadata(page_metadata("toy", reply, asked, from_unix(1'763'900'007)));
    CHECK(archived->query.again == again);
  }
}

TEST_CASE("the first page has no position", "[archive]") {
  const auto archived = read_page_metadata(metadata_of(Json()));
  REQUIRE(archived.has_value());
  CHECK(archived->query.position.is_null());
}

TEST_CASE("what R2 would not take as metadata is too long", "[archive]") {
  const auto with = [](std::size_t length) { return metadata_of(Json(std::string(length, 'x'))); };
  std::size_t length = 0;
  while (!is_too_long(with(length + 1))) ++length;
  CHECK(size_of(with(length)) < 2048);
  CHECK(size_of(with(length)) > 1900);
  CHECK(is_in_sidecar(in_sidecar()));
  CHECK_FALSE(is_too_long(in_sidecar()));
  CHECK(sidecar_key(key) == key + ".meta.json");
}

TEST_CASE("metadata of any other shape is an error, never a trap", "[archive]") {
  for (const char* text :
       {"null", "{}", "[]", R"({"page":"{}"})", R"({"page":7})", R"({"page":"{"})", R"({"page":"[]"})",
        R"({"page":"{\"from\":1,\"to\":[],\"source_at\":\"2025\"}"})"}) {
    INFO(text);
    CHECK_FALSE(read_page_metadata(*parse_json(text, "test")).has_value());
  }
}

TEST_CASE("a member is blanked wherever it is, and nothing else", "[archive]") {
  const auto blanked = [](std::string json) {
    blank(json, "client_secret");
    return json;
  };
  CHECK(blanked(R"({"client_secret":"abc","a":[{"client_secret" : "d"}]})") ==
        R"({"client_secret":"***","a":[{"client_secret" : "*"}]})");
  CHECK(blanked(R"({"client_secret":"a\"b\\","b":1})") == R"({"client_secret":"******","b":1})");
  for (const char* same : {R"({"client_secret":null,"b":"client_secret"})", R"({"client_secret":{"a":"b"}})",
                           R"({"b":"\"client_secret\":\"abc\""})", R"({"client_secrets":"abc"})", "", "{}"})
    CHECK(blanked(same) == same);
  // Cut off in the middle it is blank as far as it goes.
  CHECK(blanked(R"({"client_secret":"ab)") == R"({"client_secret":"**)");
  CHECK(blanked(R"({"client_secret":"ab\)") == R"({"client_secret":"***)");
  CHECK(blanked(R"({"client_secret")") == R"({"client_secret")");
}
