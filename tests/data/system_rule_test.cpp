#include "qamro/data/system_rule.h"

#include <gmock/gmock.h>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::data {
namespace {

using ::testing::HasSubstr;

TEST(SystemRule, FolderIsTheParentsName) {
  const SystemRule rule("folder");
  EXPECT_EQ(rule.find("audio/sysA/x.wav"), "sysA");
  EXPECT_EQ(rule.find("/sysB/x.wav"), "sysB");
  EXPECT_EQ(rule.find("a/b/../sysC/./x.wav"), "sysC");
  EXPECT_EQ(rule.find("x.wav"), std::filesystem::current_path().filename().string());
  EXPECT_EQ(rule.find("/x.wav"), std::nullopt);
}

TEST(SystemRule, PrefixEndsAtTheFirstUnderscore) {
  const SystemRule rule("prefix");
  EXPECT_EQ(rule.find("wav_1/S001_P012_x.wav"), "S001");
  EXPECT_EQ(rule.find("audiomos2025-track1-S001_P012.wav"), "audiomos2025-track1-S001");
  EXPECT_EQ(rule.find("wav_1/S001.wav"), std::nullopt);
  EXPECT_EQ(rule.find("_P012.wav"), std::nullopt);
}

TEST(SystemRule, ExpressionGivesItsFirstGroupOrTheMatch) {
  EXPECT_EQ(SystemRule("(sys[0-9a-f]{5})-utt").find("audiomos2025-track2-sys0a1f9-utt12345.wav"), "sys0a1f9");
  EXPECT_EQ(SystemRule("S\\d+").find("x/S012_P1.wav"), "S012");
  EXPECT_EQ(SystemRule("(x)?y").find("y.wav"), std::nullopt);  // the group took no part
  EXPECT_EQ(SystemRule("S\\d+").find("x/T012.wav"), std::nullopt);
}

TEST(SystemRule, RefusesWhatIsNoRule) {
  EXPECT_THAT(testing::message_of<InvalidInput>([] { SystemRule("(sys"); }), HasSubstr("got '(sys'"));
  EXPECT_THAT(
      testing::message_of<InvalidInput>([] { SystemRule("(.)\\1"); }),
      HasSubstr(
          "system rule (--system): expected folder, prefix or a regular expression, got '(.)\\1' (invalid escape sequence: \\1; back-references are not supported)"));
  EXPECT_THROW(SystemRule(""), InvalidInput);
}

}  // namespace
}  // namespace qamro::data
