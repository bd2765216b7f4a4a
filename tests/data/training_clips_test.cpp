#include "qamro/data/training_clips.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"
#include "qamro/core/sha256.h"

namespace qamro::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// The digest of a clip that the test makes up.
std::string digest(const std::string& of) {
  return sha256_hex(of);
}

class TrainingClipsTest : public ::testing::Test {
 protected:
  TrainingClips written(const std::vector<ClipDigests>& clips) const {
    write_training_clips(file(), clips);
    return TrainingClips(file());
  }
  std::filesystem::path file() const { return folder_.path() / "training_clips.csv"; }

  testing::TemporaryFolder folder_;
};

TEST_F(TrainingClipsTest, AreRecognisedByTheirFileOrTheirSamples) {
  const TrainingClips clips = written({{digest("file a"), digest("a")}, {digest("file b"), digest("b")}});
  EXPECT_EQ(clips.size(), 2U);
  EXPECT_TRUE(clips.contains({digest("file a"), digest("a")}));
  EXPECT_TRUE(clips.contains({digest("file b"), digest("decoded by another version")}));
  EXPECT_TRUE(clips.contains({digest("converted"), digest("b")}));
  EXPECT_TRUE(clips.contains({"", digest("b")}));  // sound in memory
  EXPECT_FALSE(clips.contains({digest("file c"), digest("c")}));
  EXPECT_FALSE(clips.contains({}));
}

TEST_F(TrainingClipsTest, KeepTheFirstSixtyFourBits) {
  const std::string samples = digest("a");
  const TrainingClips clips = written({{"", samples}});
  std::string other = samples;
  other.back() = other.back() == '0' ? '1' : '0';
  EXPECT_TRUE(clips.contains({"", other}));
  other[15] = other[15] == '0' ? '1' : '0';
  EXPECT_FALSE(clips.contains({"", other}));
  EXPECT_EQ(testing::read_bytes(file()), "file,samples\n," + samples.substr(0, 16) + "\n");
}

TEST_F(TrainingClipsTest, WithoutDigestsAreNotKnown) {
  EXPECT_TRUE(TrainingClips().empty());
  EXPECT_FALSE(TrainingClips().contains({digest("x"), digest("x")}));
  EXPECT_TRUE(written({}).empty());
  const TrainingClips some = written({{}, {digest("file"), ""}, {}});
  EXPECT_EQ(some.size(), 1U);
  EXPECT_TRUE(some.contains({digest("file"), digest("x")}));
  EXPECT_FALSE(some.contains({digest("x"), ""}));
}

TEST_F(TrainingClipsTest, ABrokenListNamesItsLine) {
  const auto refusal = [&](const std::string& text) {
    folder_.write("training_clips.csv", text);
    return testing::message_of<CheckpointError>([&] { TrainingClips clips(file()); });
  };
  const std::string whole = "0123456789abcdef";
  EXPECT_THAT(
      refusal("file,samples\n" + whole + "," + whole + "\n" + whole + ",0123456789abcdeg\n"),
      AllOf(HasSubstr("training_clips.csv:3: expected 16 hexadecimal"), HasSubstr("'0123456789abcdeg'")));
  EXPECT_THAT(refusal("file,samples\n" + whole + ",0123\n"), HasSubstr("csv:2: expected 16 hexadecimal"));
  EXPECT_THAT(refusal("file,samples\n" + whole + "0," + whole + "\n"), HasSubstr("csv:2: expected 16"));
  EXPECT_THAT(refusal("file,samples\n" + whole + "\n"), HasSubstr("csv:2"));
  EXPECT_THAT(refusal("path\na.wav\n"), HasSubstr("'file'"));
  EXPECT_THROW(TrainingClips("/nowhere/at/all"), FileError);
}

TEST(DigestsOf, AClipAreThoseOfItsFileAndItsSamples) {
  const testing::TemporaryFolder folder;
  Clip clip;
  clip.path = folder.write("a.wav", "not audio, but bytes");
  EXPECT_EQ(digests_of(clip, "samples"), (ClipDigests{digest("not audio, but bytes"), "samples"}));
  clip.sound = std::make_shared<audio::SoundInMemory>();
  EXPECT_EQ(digests_of(clip, "samples"), (ClipDigests{"", "samples"}));
  clip.sound = nullptr;
  clip.path = "/nowhere/at/all";
  EXPECT_THROW(digests_of(clip, "samples"), FileError);
}

TEST(SeenClipsTest, AreCountedAndSaid) {
  SeenClips seen;
  EXPECT_EQ(seen.describe(), "");
  EXPECT_EQ(seen.describe_systems(), "");
  for (int clip = 0; clip < 3; ++clip) seen.add("b", false);
  EXPECT_EQ(seen.describe(), "");
  EXPECT_EQ(seen.describe_systems(), "");
  seen.add("a", true);
  seen.add("b", true);
  seen.add("", true);
  EXPECT_EQ(
      seen.describe("these results"),
      "3 of 6 clips are among those that the model was trained on: these results say nothing of new clips");
  EXPECT_EQ(seen.describe_systems(), "trained on 1 of 1 clips of a, 1 of 4 of b");
}

TEST(SeenClipsTest, OfAllClipsNameNoSystem) {
  SeenClips seen;
  seen.add("a", true);
  EXPECT_EQ(seen.describe_systems(), "trained on 1 of 1 clips of a");
  seen.add("b", true);
  EXPECT_EQ(seen.describe_systems(), "trained on all clips of every system");
  seen.add("b", false);
  EXPECT_EQ(seen.describe_systems(), "trained on 1 of 1 clips of a, 1 of 2 of b");
}

TEST(SeenClipsTest, OfManySystemsNameSome) {
  SeenClips seen;
  for (int system = 0; system < 9; ++system) seen.add("s" + std::to_string(system), system != 0);
  EXPECT_EQ(seen.describe_systems(),
            "trained on 1 of 1 clips of s1, 1 of 1 of s2, 1 of 1 of s3, 1 of 1 of s4, 1 of 1 of s5, ...");
}

TEST(InTraining, IsReadFromCsvAndJson) {
  const testing::TemporaryFolder folder;
  const auto marks = [](const std::filesystem::path& file) {
    const RatingTable table = read_ratings(file);
    EXPECT_EQ(table.axes, std::vector<std::string>{"mos"});
    std::vector<bool> result;
    for (const RatingRow& row : table.rows) result.push_back(is_in_training(table, row));
    return result;
  };
  EXPECT_THAT(marks(folder.write("a.jsonl", R"({"path": "a", "mos": 1}
{"path": "b", "mos": 2, "in_training": true}
{"path": "c", "mos": 2, "in_training": false})")),
              ::testing::ElementsAre(false, true, false));
  EXPECT_THAT(marks(folder.write("a.csv", "path,mos,in_training\na,1,true\nb,1,\n")),
              ::testing::ElementsAre(true, false));
  EXPECT_THAT(marks(folder.write("b.csv", "path,mos\na,1\n")), ::testing::ElementsAre(false));
}

}  // namespace
}  // namespace qamro::data
