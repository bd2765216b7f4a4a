#include "qamro/report/escape.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace qamro::report {
namespace {

using Json = nlohmann::ordered_json;

TEST(Escape, HtmlTextCanNeitherOpenAnElementNorLeaveAnAttribute) {
  EXPECT_EQ(html_text("<img src=x onerror='alert(1)'> & \"b\""),
            "&lt;img src=x onerror=&#39;alert(1)&#39;&gt; &amp; &quot;b&quot;");
  EXPECT_EQ(html_text("Gerät"), "Gerät");
  EXPECT_EQ(html_text(""), "");
}

TEST(Escape, WhatIsNoUtf8BecomesTheReplacementCharacter) {
  EXPECT_EQ(html_text("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(html_text(std::string_view("a\0z", 3)), "a\xEF\xBF\xBDz");
  EXPECT_EQ(Json::parse(script_json(Json("a\xFFz"))).get<std::string>(), "a\xEF\xBF\xBDz");
}

TEST(Escape, ScriptJsonHoldsNoMarkupAndReadsBackAsItWas) {
  const Json json = {
      {"</script><script>alert(1)</script>", "<!-- <script> ]]> & \xE2\x80\xA8 \xE2\x80\xA9 \xE2\x80\xAA"}};
  const std::string text = script_json(json);
  EXPECT_EQ(text.find_first_of("<>&"), std::string::npos) << text;
  EXPECT_EQ(text.find("\xE2\x80\xA8"), std::string::npos);
  EXPECT_EQ(text.find("\xE2\x80\xA9"), std::string::npos);
  EXPECT_EQ(Json::parse(text), json);
}

TEST(Escape, NumbersReadBackToTheLastBitAndWhatIsNoneIsNull) {
  const Json json = {0.1 + 0.2, std::numeric_limits<double>::quiet_NaN(),
                     -std::numeric_limits<double>::infinity()};
  const Json back = Json::parse(script_json(json));
  EXPECT_EQ(back[0].get<double>(), 0.1 + 0.2);
  EXPECT_TRUE(back[1].is_null());
  EXPECT_TRUE(back[2].is_null());
}

TEST(Escape, ALinkIsRelativeWhateverThePathSays) {
  EXPECT_EQ(relative_link("a folder/ü.wav"), "./a%20folder/%C3%BC.wav");
  EXPECT_EQ(relative_link("javascript:alert(1)"), "./javascript%3Aalert%281%29");
  EXPECT_EQ(relative_link("//evil.example/x.wav"), ".//evil.example/x.wav");
  EXPECT_EQ(relative_link("../x#y?z%.wav"), "./../x%23y%3Fz%25.wav");
}

}  // namespace
}  // namespace qamro::report
