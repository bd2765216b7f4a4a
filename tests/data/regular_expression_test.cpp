#include "qamro/data/regular_expression.h"

#include <gmock/gmock.h>

#include <chrono>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::data {
namespace {

using ::testing::HasSubstr;

std::string refusal(const std::string& pattern) {
  return testing::message_of<InvalidInput>([&] { RegularExpression("some.key", pattern); });
}

std::optional<std::string> find(const std::string& pattern, const std::string& text) {
  return RegularExpression("some.key", pattern).find(text);
}

TEST(RegularExpression, IsFoundAnywhereUnlessAnchored) {
  const RegularExpression in_a_name("some.key", "encoder\\.(cnn|conv)");
  EXPECT_TRUE(in_a_name.is_found_in("model.encoder.cnn.weight"));
  EXPECT_FALSE(in_a_name.is_found_in("model.encoder_cnn.weight"));
  EXPECT_FALSE(RegularExpression("some.key", "^cnn").is_found_in("encoder.cnn"));
  EXPECT_TRUE(RegularExpression("some.key", "cnn$").is_found_in("encoder.cnn"));
}

TEST(RegularExpression, GivesTheFirstGroupOfTheFirstMatchOrAllOfIt) {
  EXPECT_EQ(find("(S)(\\d+)", "x S012 S013"), "S");
  EXPECT_EQ(find("(?:S)\\d+", "x S012 S013"), "S012");
  EXPECT_EQ(find("a|ab", "ab"), "a");  // the first alternative, not the longest
  EXPECT_EQ(find("a.*?c", "abcc"), "abc");
  EXPECT_EQ(find("(x)?y", "y"), "");  // the group took no part
  EXPECT_EQ(find("", "abc"), "");
  EXPECT_EQ(find("S\\d+", "T012"), std::nullopt);
}

TEST(RegularExpression, CharactersAreThoseOfUtf8AndBytesWhereItIsNone) {
  EXPECT_EQ(find("^(.)_", "\u00e9_1"), "\u00e9");
  EXPECT_EQ(find("^[\u00e0-\u00e9]", "\u00e9_1"), "\u00e9");
  EXPECT_EQ(find("\\x{4e2d}", "a\u4e2d"), "\u4e2d");
  EXPECT_EQ(find("([^/]+)/[^/]+$", "data/\xff\xfe/x.wav"), "\xff\xfe");
  EXPECT_EQ(find("\\x{4e2d}", "\xff"), std::nullopt);
}

// std::regex takes time that is exponential in the text for the first, and overflows the stack for the
// second.
TEST(RegularExpression, TakesTimeLinearInTheTextAndNoStack) {
  const auto start = std::chrono::steady_clock::now();
  const std::string many(100'000, 'a');
  EXPECT_FALSE(RegularExpression("some.key", "(a+)+$").is_found_in(many + 'b'));
  EXPECT_EQ(find("(a+)+$", many + 'b'), std::nullopt);
  EXPECT_EQ(find("(.*)*_x", many + "_x"), many);
  EXPECT_EQ(find("(a|b)*c", many + 'c'), "a");
  EXPECT_EQ(find("^(?:a?){50}a{50}$", std::string(50, 'a')), std::string(50, 'a'));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(RegularExpression, RefusesWhatItCannotRead) {
  EXPECT_EQ(refusal("(sys"), "some.key: expected a regular expression, got '(sys' (missing ): (sys)");
  EXPECT_THAT(refusal("["), HasSubstr("got '[' (missing ]: ["));
  EXPECT_THAT(refusal("*a"), HasSubstr("no argument for repetition operator: *"));
  EXPECT_THAT(refusal("\xff"), HasSubstr("invalid UTF-8"));
}

TEST(RegularExpression, SaysThatThereAreNoBackReferencesAndNoLookAhead) {
  EXPECT_THAT(refusal("(\\w)\\1"),
              HasSubstr("got '(\\w)\\1' (invalid escape sequence: \\1; back-references are not supported)"));
  for (const char* pattern : {"a(?=b)", "a(?!b)", "(?<=a)b", "(?<!a)b"})
    EXPECT_THAT(refusal(pattern), HasSubstr("look-ahead and look-behind are not supported")) << pattern;
  EXPECT_THAT(refusal("\\q"), Not(HasSubstr("back-references")));
}

TEST(RegularExpression, RefusesAPatternThatNeedsMuchMemory) {
  EXPECT_THAT(refusal("((a{100}){100}){100}"), HasSubstr("invalid repetition size: {100}"));
  std::string large;
  for (int i = 0; i < 400; ++i) large += "[a-z\u00e0-\uffff]{900}";
  EXPECT_THAT(refusal(large), HasSubstr("too large"));
}

}  // namespace
}  // namespace qamro::data
