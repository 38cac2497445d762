#include "shared/connectors/sendgrid/mail.hpp"

#include <catch_amalgamated.hpp>

#include "shared/connectors/sendgrid/charsets.hpp"
#include "tests/shared/connectors/sendgrid/fixtures.hpp"

using namespace wf;
using namespace wf::sendgrid;
using sendgrid_fixtures::read;

namespace {

std::vector<std::string> contents(const std::string& body, const std::string& boundary = "b") {
  std::vector<std::string> found;
  std::vector<Part> parts;
  const std::string_view problem = read_parts(body, boundary, parts);
  if (!problem.empty()) return {std::string(problem)};
  for (const Part& part : parts) found.emplace_back(part.content);
  return found;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("parts are cut at whole boundary lines, with either line end", "[sendgrid][mail]") {
  CHECK(contents("--b\r\nA: 1\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n") == Texts{"one", "two"});
  CHECK(contents("--b\nA: 1\n\none\n--b\n\ntwo\n--b--") == Texts{"one", "two"});
  CHECK(contents("preamble\r\n--b \t\r\n\r\none\r\n--b--") == Texts{"one"});
  // Not a line of its own: part of the content.
  CHECK(contents("--b\r\n\r\nx--b\r\n--bb\r\n--b x\r\n--b--") == Texts{"x--b\r\n--bb\r\n--b x"});
  CHECK(contents("--b\r\n\r\n\r\n--b\r\n--b--") == Texts{"", ""});
  CHECK(contents(std::string("--b\r\n\r\n\0\xff\r\n\n\r\n--b--", 19)) ==
        Texts{std::string("\0\xff\r\n\n", 5)});
}

TEST_CASE("a body that was cut, or has no boundary, is told", "[sendgrid][mail]") {
  CHECK(contents("--b\r\n\r\none\r\n--b\r\n\r\ntw") == Texts{"cut short"});
  CHECK(contents("no parts") == Texts{"no boundary between its parts"});
  CHECK(contents("--b--", "") == Texts{"no boundary between its parts"});
  CHECK(boundary_of_form("--xYzZY\r\nA: 1") == "xYzZY");
  CHECK(boundary_of_form("xYzZY\r\n").empty());
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "--b\r\n\r\nx\r\n";
  CHECK(contents(many + "--b--") == Texts{"too many parts"});
}

TEST_CASE("headers are joined where they were folded", "[sendgrid][mail]") {
  const auto headers = read_header_lines("Subject: a\r\n b\r\n\tc\r\nnonsense\r\nX:y\r\n");
  CHECK(headers == Headers{{"Subject", "a b c"}, {"X", "y"}});
}

TEST_CASE("parameters: quotes, escapes, other charsets", "[sendgrid][mail]") {
  const auto name = [](const char* value) { return parameter_of(value, "filename"); };
  CHECK(value_of(" Form-Data; name=\"a\"") == "form-data");
  CHECK(name(R"(form-data; name="filename=x"; filename="a;b.txt")") == "a;b.txt");
  CHECK(name(R"(attachment; filename="a \"b\" \\c")") == R"(a "b" \c)");
  CHECK(name(R"(attachment; FileName=plain.txt ; x=y)") == "plain.txt");
  CHECK(name("attachment; filename=x; filename*=UTF-8''na%C3%AFve%2.txt") == "na\xC3\xAFve%2.txt");
  CHECK(name("attachment; filename*0=\"a long \";\r\n filename*1=\"name.pdf\"") == "a long name.pdf");
  CHECK(name("attachment; filename*0*=UTF-8''na%C3%AF; filename*1*=ve%20one; filename*2=.pdf") ==
        "na\xC3\xAFve one.pdf");
  CHECK(name(R"(attachment; filename="never closed)") == "never closed");
  CHECK(name("attachment").empty());
}

TEST_CASE("transfer encodings", "[sendgrid][mail]") {
  CHECK(decode_base64("aGVs\r\nbG8=") == "hello");
  CHECK(decode_base64("AP8=") == std::string("\0\xff", 2));
  CHECK(decode_base64("!!!").empty());
  CHECK(decode_quoted_printable("caf=C3=A9=\r\n!=\n=3D=ZZ=") == "caf\xC3\xA9!==ZZ=");
}

TEST_CASE("encoded words", "[sendgrid][mail]") {
  CHECK(decode_words("=?utf-8?Q?caf=C3=A9_au?= lait") == "caf\xC3\xA9 au lait");
  CHECK(decode_words("=?ISO-8859-1?q?=E9?=\r\n =?utf-8?B?w6k=?=") == "\xC3\xA9\xC3\xA9");
  CHECK(decode_words("=?utf-8*de?Q?a?=") == "a");
  CHECK(decode_words("a =?broken b") == "a =?broken b");
  CHECK(decode_words("a\r\nBcc: b") == "a  Bcc: b");
}

TEST_CASE("addresses", "[sendgrid][mail]") {
  const auto list = read_addresses(
      "\"Doe, \\\"J\\\"\" <Jane@Example.com>, bob@example.com (Bob, of sales), nobody, "
      "=?utf-8?Q?J=C3=BCrgen?= <j@x.example>");
  REQUIRE(list.size() == 3);
  CHECK(list[0]["email"] == "jane@example.com");
  CHECK(list[0]["name"] == "Doe, \"J\"");
  CHECK(list[1]["email"] == "bob@example.com");
  CHECK(list[2]["name"] == "J\xC3\xBCrgen");
  CHECK(read_addresses("<>").empty());
}

TEST_CASE("what is there to keep a Worker busy is read as far as somebody may mean it", "[sendgrid][mail]") {
  const auto repeated = [](std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  // Words that never end: each was looked for to the end of a megabyte.
  CHECK(decode_words(repeated("=?a?Q? ", 700'000)).size() <= 100'000);
  CHECK(decode_words("=?utf-8?Q?" + std::string(390, 'a') + "?=") != "=?");
  CHECK(read_addresses(repeated("a@b,", 1'000'000)).size() == 500);
  CHECK(read_message_ids(repeated("<a@b>", 1'000'000)).size() == 20'000);
  Mail mail{.folder = "kept"};
  for (int i = 0; i < 300; ++i) add_file(mail, "a.txt", "text/plain", "x");
  CHECK(mail.files.size() == 100);
  CHECK(mail.problem == "more than 100 files");
  Mail page{.folder = "kept"};
  CHECK(read_text(page, "html", std::string(3'000'000, 'x'), "utf-8").size() <= 2'000'003);
  CHECK(page.problem == "html is longer than 2 MB");
  CHECK(read_header_lines(repeated("a:b\n", 1'000'000)).size() == 1000);
}

TEST_CASE("ids and dates of mail", "[sendgrid][mail]") {
  CHECK(read_message_ids("<a@b> junk <c@d>\r\n <e f> <g") == Texts{"<a@b>", "<c@d>"});
  CHECK(read_mail_date("Wed, 10 Aug 2016 18:10:13 -0700 (PDT)") == parse_time("2016-08-11T01:10:13Z"));
  CHECK(read_mail_date("1 Jan 2026 00:00 GMT") == parse_time("2026-01-01T00:00:00Z"));
  for (const char* text :
       {"", "yesterday", "Wed, 32 Aug 2016 18:10:13", "1 Foo 2026 1:2:3", "1 J 2026 00:00:00"})
    CHECK_FALSE(read_mail_date(text).has_value());
}

TEST_CASE("charsets become UTF-8, or say that they do not", "[sendgrid][mail]") {
  const auto text = [](const char* bytes, const char* charset) { return to_utf8(bytes, charset).text; };
  CHECK(text("caf\xe9 \x80 \x93x\x94", "windows-1252") ==
        "caf\xC3\xA9 \xE2\x82\xAC \xE2\x80\x9Cx\xE2\x80\x9D");
  CHECK(text("caf\xe9", "ISO-8859-1") == "caf\xC3\xA9");
  CHECK(text("Gr\xFC\xDF"
             "e: 5 \xA4 \xA6\xA8\xB4\xB8\xBC\xBD\xBE",
             "ISO-8859-15") == "Grüße: 5 € ŠšŽžŒœŸ");
  CHECK(text("caf\xC3\xA9", "UTF-8") == "caf\xC3\xA9");
  CHECK(to_utf8("caf\xC3\xA9", "utf-8").exact);
  CHECK(text("caf\xe9!", "utf-8") == "caf\xEF\xBF\xBD!");
  CHECK_FALSE(to_utf8("caf\xe9!", "utf-8").exact);
  CHECK_FALSE(to_utf8("plain", "koi8-r").exact);
  CHECK_FALSE(to_utf8("\x81", "windows-1252").exact);
  CHECK(to_utf8(std::string("a\0b", 3), "utf-8").text == "ab");
}

TEST_CASE("file names lead nowhere", "[sendgrid][mail]") {
  CHECK(safe_file_name("../../etc/passwd") == "passwd");
  CHECK(safe_file_name(R"(C:\x\report.pdf)") == "report.pdf");
  CHECK(safe_file_name("a\r\nContent-Type: x") == "a  Content-Type_ x");
  CHECK(safe_file_name("..") == "unnamed");
  CHECK(safe_file_name("") == "unnamed");
  CHECK(safe_file_name("\xE2\x80\xAE"
                       "fdp.exe") == "fdp.exe");
  CHECK(safe_file_name("\xE2\x82\xAC.txt") == "\xE2\x82\xAC.txt");
}

TEST_CASE("a whole message: texts, files, parts inside of parts", "[sendgrid][mail]") {
  Mail mail{.folder = "kept"};
  const bool is_mail =
      read_mail(split_part("From: a@b\r\nContent-Type: multipart/mixed; boundary=\"o\"\r\n\r\n"
                           "--o\r\nContent-Type: multipart/alternative; boundary=i\r\n\r\n"
                           "--i\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\ncaf\xe9\r\n"
                           "--i\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: "
                           "quoted-printable\r\n\r\n<b>=3D</b>\r\n--i--\r\n"
                           "--o\r\nContent-Type: application/pdf; name=\"=?utf-8?Q?caf=C3=A9.pdf?=\"\r\n"
                           "Content-Transfer-Encoding: base64\r\n\r\nAP8=\r\n--o--\r\n"),
                mail);
  REQUIRE(is_mail);
  CHECK(mail.text == "caf\xC3\xA9");
  CHECK(mail.html == "<b>=</b>");
  REQUIRE(mail.files.size() == 1);
  CHECK(mail.attachments[0]["name"] == "caf\xC3\xA9.pdf");
  CHECK(mail.attachments[0]["content_type"] == "application/pdf");
  CHECK(mail.files[0].body == std::string("\0\xff", 2));
  CHECK(mail.problem.empty());
}

TEST_CASE("a message that is broken inside gives what can be read, and says so", "[sendgrid][mail]") {
  Mail cut;
  REQUIRE(read_mail(
      split_part("Subject: x\r\nContent-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n\r\nhi"), cut));
  CHECK(cut.problem == "mail: cut short");
  CHECK(cut.text == "hi");
  Mail unclosed;  // the inner parts, in a message that is whole
  REQUIRE(read_mail(split_part("Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n"
                               "Content-Type: multipart/alternative; boundary=i\r\n\r\n--i\r\n\r\nplain\r\n"
                               "--i\r\nContent-Type: text/html\r\n\r\n<b>rich</b>\r\n"
                               "--o\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nx\r\n--o--"),
                    unclosed));
  CHECK(unclosed.text == "plain");
  CHECK(unclosed.html == "<b>rich</b>");
  CHECK(unclosed.files.size() == 1);
  CHECK(unclosed.problem == "mail: cut short");
  std::string deep = "Subject: x\r\n";
  for (int i = 0; i < 40; ++i) deep += "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n";
  deep += "\r\nx\r\n--o--";
  Mail nested;
  REQUIRE(read_mail(split_part(deep), nested));
  CHECK_FALSE(nested.problem.empty());
  Mail none;
  CHECK_FALSE(read_mail(split_part(""), none));
}
