#include "qamro/data/column_names.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <sstream>
#include <string>

#include "io/temporary_folder.h"
#include "qamro/data/manifest.h"
#include "qamro/data/rating_file.h"
#include "qamro/data/ratings.h"

namespace qamro::data {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Every reader knows every name: what `score` takes, `evaluate` takes too.
class PathColumn : public ::testing::TestWithParam<std::string_view> {
 protected:
  const std::string name_{GetParam()};
  testing::TemporaryFolder folder_;
};

TEST_P(PathColumn, NamesTheClipsOfAManifest) {
  folder_.write("a.wav", "");
  const std::string csv = folder_.write("m.csv", name_ + ",system\na.wav,S\n").string();
  const std::string jsonl = folder_.write("m.jsonl", fmt::format("{{\"{}\":\"a.wav\"}}\n", name_)).string();
  std::istringstream none;
  const auto clips = read_manifest({csv, jsonl}, none);
  ASSERT_EQ(clips.size(), 2U);
  for (const Clip& clip : clips) {
    EXPECT_THAT(clip.error, IsEmpty());
    EXPECT_EQ(clip.path_as_given, "a.wav");
  }
}

TEST_P(PathColumn, NamesTheRowsOfLabelsWhichJoinWithAnyOther) {
  const RatingTable labels = read_ratings(folder_.write("l.csv", name_ + ",mos\na.wav,1\n2.wav,2\n"));
  EXPECT_EQ(labels.key_column, name_);
  EXPECT_THAT(labels.axes, ElementsAre("mos"));
  EXPECT_EQ(labels.rows[1].key, "2.wav");
  for (const std::string_view other : kPathColumns) {
    const RatingTable predictions =
        read_ratings(folder_.write("p.csv", fmt::format("{},mos\n2.wav,1\na.wav,2\n", other)));
    EXPECT_EQ(join_ratings(labels, predictions).rows.size(), 2U) << other;
  }
}

TEST_P(PathColumn, MakesAHeaderAndTellsThePublishedName) {
  EXPECT_FALSE(columns_of_list({name_, "1"}, "l.csv:1"));
  const RatingTable table = read_ratings(
      folder_.write("l.csv", fmt::format("id,{},mos\n1,audiomos2025-track1-S001_P002.wav,3\n", name_)));
  if (GetParam() == "path") return;  // the key itself
  EXPECT_EQ(table.rows[0].system, "S001");
}

INSTANTIATE_TEST_SUITE_P(All, PathColumn, ::testing::ValuesIn(kPathColumns),
                         [](const auto& name) { return std::string(name.param); });

TEST(ColumnNames, PathsComeBeforeIds) {
  const std::vector<std::string> columns = {"key", "sample_id", "id", "filename", "wav_path", "path"};
  EXPECT_EQ(columns[find_named(columns, kKeyColumns)], "path");
  EXPECT_EQ(find_named(std::vector<std::string>{"key", "sample_id", "id"}, kKeyColumns), 2U);
}

TEST(ColumnNames, AreTheSameHoweverTheyAreWritten) {
  for (const char* name : {"utteranceId", "utterance_id", "UTTERANCE ID", "Utterance-Id"})
    EXPECT_TRUE(is_named(name, kIdColumns)) << name;
  EXPECT_FALSE(is_named("utterances", kIdColumns));
  EXPECT_FALSE(is_named("", kIdColumns));
  EXPECT_EQ(find_named(std::vector<std::string>{"Filename", "filename"}, kPathColumns), 1U);
}

}  // namespace
}  // namespace qamro::data
