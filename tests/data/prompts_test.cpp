#include "qamro/data/prompts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class PromptsTest : public ::testing::Test {
 protected:
  Prompts read(std::string_view text) const { return read_prompts(folder_.write("prompts.txt", text)); }
  void expect_refused(std::string_view text, const std::string& part) const {
    EXPECT_THAT([&] { read(text); }, ThrowsMessage<InvalidInput>(HasSubstr(part))) << text;
  }
  const ::qamro::testing::TemporaryFolder folder_;
};

TEST_F(PromptsTest, ReadsWhatMusicEvalWrites) {
  const auto prompts = read("\xEF\xBB\xBFid\ttext\r\nP001\tA \"slow\" song\r\n\t\r\nP002\t钢琴 \t😀\n");
  EXPECT_EQ(prompts.size(), 2U);
  EXPECT_EQ(prompts.at("P001"), "A \"slow\" song");
  EXPECT_EQ(prompts.at("P002"), "钢琴 \t😀");
}

TEST_F(PromptsTest, RefusesBadFilesByLine) {
  expect_refused("id\ttext\nP001\ta\nP001\ta\n", "prompts.txt:3: id 'P001' is already in line 2");
  expect_refused("P001\ta\nP002\t  \n", "prompts.txt:2: expected a prompt");
  expect_refused("P001\ta\nP002\n", "prompts.txt:2: expected an id, a TAB and a text");
  expect_refused("\ttext\n", "prompts.txt:1: expected an id");
  expect_refused("P001\ta\nP002\t\xED\xA0\x80\n", "prompts.txt:2:");
  expect_refused("P001\ta\n\n\nP002\tabc\xFF\n", "prompts.txt:4:");
  expect_refused("id\ttext\n", "at least one prompt");
}

TEST_F(PromptsTest, JoinsFilesThatAgree) {
  const auto one = folder_.write("one.txt", "P001\ta\nP002\tb\n");
  const auto same = folder_.write("same.txt", "P001\ta\nx.wav\tc\n");
  const auto other = folder_.write("other.txt", "P001\tz\n");
  EXPECT_EQ(read_prompts(std::vector{one, same}).size(), 3U);
  EXPECT_THAT(
      [&] {
        read_prompts(std::vector{one, other});
      },
      ThrowsMessage<InvalidInput>(AllOf(HasSubstr("other.txt"), HasSubstr("'P001'"))));
}

std::string found(const PromptFinder& finder, const std::string& path) {
  const std::string* prompt = finder.find(path);
  return prompt == nullptr ? "" : *prompt;
}

TEST(PromptFinder, TakesTheNameThenThePromptInIt) {
  const PromptFinder finder({{"P012", "twelve"},
                             {"audiomos2025-track1-S001_P012.wav", "demo"},
                             {"special.wav", "of the file"},
                             {"stem", "of the stem"}});
  EXPECT_EQ(found(finder, "a/S002_P012.wav"), "twelve");
  EXPECT_EQ(found(finder, "audiomos2025-track1-S002_P012.wav"), "twelve");
  EXPECT_EQ(found(finder, "our-model_P012.flac"), "twelve");
  EXPECT_EQ(found(finder, "ours/P012.wav"), "twelve");
  EXPECT_EQ(found(finder, "P999_take2_P012_x.wav"), "twelve");
  EXPECT_EQ(found(finder, "x/special.wav"), "of the file");
  EXPECT_EQ(found(finder, "stem.mp3"), "of the stem");
  EXPECT_EQ(found(finder, "xP012.wav"), "");
  EXPECT_EQ(found(finder, "P012b.wav"), "");
  EXPECT_EQ(found(finder, "P12.wav"), "");
  EXPECT_THAT(finder.why_none("ours_P013.wav"), HasSubstr("'P013'"));
  EXPECT_THAT(finder.why_none("ours.wav"), HasSubstr("P###"));
}

TEST(PromptFinder, KnowsThatDemosWereMadeFromOtherTexts) {
  const PromptFinder finder({{"P012", "twelve"}, {"audiomos2025-track1-S001_P012.wav", "demo"}});
  EXPECT_EQ(found(finder, "wav/audiomos2025-track1-S001_P012.wav"), "demo");
  EXPECT_EQ(found(finder, "S001_P012.wav"), "demo");
  EXPECT_EQ(found(finder, "audiomos2025-track1-S006_P012.wav"), "");
  EXPECT_THAT(finder.why_none("audiomos2025-track1-S006_P012.wav"), HasSubstr("demo_prompt_info.txt"));
  EXPECT_EQ(found(finder, "S006_P012.wav"), "twelve");  // the sixth system of someone else
}

TEST(ApplyPrompts, LeavesWhatIsThere) {
  std::vector<Clip> clips(4);
  clips[0].path_as_given = clips[1].path_as_given = clips[3].path_as_given = "a_P001.wav";
  clips[1].prompt = "of the manifest";
  clips[2].path_as_given = "a_P002.wav";
  clips[3].error = "broken";
  apply_prompts(clips, PromptFinder(Prompts{{"P001", "one"}}));
  EXPECT_EQ(clips[0].prompt, "one");
  EXPECT_EQ(clips[1].prompt, "of the manifest");
  EXPECT_FALSE(clips[2].prompt);
  EXPECT_THAT(clips[2].prompt_error, HasSubstr("'P002'"));
  EXPECT_FALSE(clips[3].prompt);
  EXPECT_EQ(clips[3].prompt_error, "");
}

TEST(ApplyPrompt, LeavesWhatIsThere) {
  std::vector<Clip> clips(2);
  clips[1].prompt = "of the manifest";
  apply_prompt(clips, "for all");
  EXPECT_EQ(clips[0].prompt, "for all");
  EXPECT_EQ(clips[1].prompt, "of the manifest");
}

}  // namespace
}  // namespace qamro::data
