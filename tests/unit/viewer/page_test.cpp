// SPDX-License-Identifier: Apache-2.0
// What goes into a page comes out of it, whatever the names of files say.
#include "viewer/web/page.h"

#include <gtest/gtest.h>

#include "viewer/web/json_text.h"

namespace dew::viewer {
namespace {

constexpr std::string_view kTemplate = "<html><!-- dew: files --></html>";

TEST(Base64, ExamplesOfTheStandard) {
  const std::pair<const char*, const char*> examples[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : examples) EXPECT_EQ(base64(as_bytes(plain)), coded);
  EXPECT_EQ(base64(as_bytes("\xff\xfe\xfb")), "//77");
}

TEST(Page, FilesAndTheRestOfTheTemplateAreKept) {
  const PageFile files[] = {{"a.dew", as_bytes("foo"), ""}, {"b.dew", as_bytes("bar"), "b.dew"}};
  const Result<std::string> page = make_page(kTemplate, {}, files);
  ASSERT_TRUE(page.ok());
  EXPECT_TRUE(page->starts_with("<html>") && page->ends_with("</html>"));
  EXPECT_NE(page->find("id=\"file-0\">Zm9v</script>"), std::string::npos);
  EXPECT_EQ(page->find("file-1"), std::string::npos) << "what is fetched is not in the page";
  EXPECT_NE(page->find("\"location\":\"b.dew\""), std::string::npos);
}

TEST(Page, NoNameEndsTheScriptThatHoldsIt) {
  const PageFile files[] = {{"</script><script>alert(1)</script>\"\\", as_bytes("foo"), ""}};
  const Result<std::string> page = make_page(kTemplate, {}, files);
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->find("<script>alert"), std::string::npos);
  EXPECT_EQ(page->find("</script><script"), std::string::npos);
  EXPECT_NE(page->find("\\u003c/script>\\u003cscript>alert(1)\\u003c/script>\\\"\\\\"), std::string::npos);
}

TEST(Page, RefusesWhatItCannotShow) {
  const PageFile files[] = {{"a", {}, ""}, {"b", {}, ""}, {"c", {}, ""}};
  EXPECT_FALSE(make_page(kTemplate, {}, {}).ok());
  EXPECT_FALSE(make_page(kTemplate, {}, files).ok());
  EXPECT_FALSE(make_page("<html></html>", {}, std::span(files, 1)).ok());
}

TEST(JsonText, NestsAndSeparates) {
  JsonText json;
  json.open('{').key("a").open('[').number(1).number(0.5).null().close(']').key("b").open('{').close('}').key("c").boolean(true).close('}');
  EXPECT_EQ(json.take(), R"({"a":[1,0.5,null],"b":{},"c":true})");
  EXPECT_EQ(json.number(std::numeric_limits<double>::infinity()).take(), "null");
}

TEST(JsonText, TextIsAlwaysUtf8) {
  const std::pair<std::string_view, std::string_view> examples[] = {
      {"\n\"\\", R"("\u000a\"\\")"}, {"\xC3\xA4", "\"\xC3\xA4\""}, {"\xF0\x9F\x98\x80", "\"\xF0\x9F\x98\x80\""},
      {"\xFF", "\"\xEF\xBF\xBD\""},  {"\xC3", "\"\xEF\xBF\xBD\""}, {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""}};
  for (const auto& [plain, expected] : examples) EXPECT_EQ(JsonText().text(plain).take(), expected);
}

}  // namespace
}  // namespace dew::viewer
