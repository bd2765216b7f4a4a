#include "qamro/training/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "training/synthetic_data.h"

namespace qamro::training {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LabelFilesTest : public ::testing::Test {
 protected:
  LabelFilesTest() {
    data_.path_column = "data_path";
    data_.path_prefix = "/data/";
    data_.label_columns = {"PQ"};
    write("train.csv", "sample_id,data_path,PQ\na,/data/x/a.wav,4.5\nb,/data/b.wav,\n");
    write("test.jsonl",
          "{\"data_path\": \"/data/c.wav\", \"PQ\": [1.0, 2.0, 6.0]}\n\n"
          "{\"data_path\": \"/data/d.wav\", \"PQ\": [3, null]}\n");
    data_.labels = path("train.csv");
    data_.test_labels = path("test.jsonl");
  }
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  void write(const std::string& name, const std::string& text) { write_file(path(name), text); }

  TemporaryFolder folder_;
  DataSection data_;
};

TEST_F(LabelFilesTest, ListsOfRatersCountAsTheirMeanAndFilesFollowEachOther) {
  const LabelFiles files(data_);
  ASSERT_EQ(files.size(), 4U);
  EXPECT_THAT(files.paths(data_), ElementsAre("x/a.wav", "b.wav", "c.wav", "d.wav"));
  const std::vector<double> labels = files.numbers("PQ");
  EXPECT_EQ(labels[0], 4.5);
  EXPECT_TRUE(std::isnan(labels[1]));
  EXPECT_EQ(labels[2], 3.0);
  EXPECT_EQ(labels[3], 3.0);
  EXPECT_THAT(files.sides(), ElementsAre("train", "train", "test", "test"));
  EXPECT_FALSE(files.has("sample_id"));
  EXPECT_TRUE(files.has("data_path"));
  EXPECT_THAT(files.where(3), HasSubstr("test.jsonl:3"));
}

TEST_F(LabelFilesTest, TheDefaultColumnsMayHaveTheirOtherUsualNames) {
  DataSection section;
  section.label_columns = {"mos"};
  section.labels = path("usual.csv");
  write("usual.csv", "Filename;system_id;mos\nx.wav;s1;3,5\ny.wav;s2;4\n");
  const LabelFiles files(section);
  EXPECT_THAT(files.paths(section), ElementsAre("x.wav", "y.wav"));
  EXPECT_TRUE(files.has("system"));
  EXPECT_THAT(files.names("system", {}), ElementsAre("s1", "s2"));
  EXPECT_THAT(files.numbers("mos"), ElementsAre(3.5, 4));
  section.path_column = "utterance";
  EXPECT_THAT(message_of([&] { LabelFiles{section}; }), HasSubstr("expected a column 'utterance'"));
}

TEST_F(LabelFilesTest, TheirDigestIsThatOfTheirBytes) {
  EXPECT_EQ(LabelFiles(data_).sha256(),
            sha256_hex(sha256_file(path("train.csv")) + sha256_file(path("test.jsonl"))));
  data_.test_labels.clear();
  EXPECT_EQ(LabelFiles(data_).sha256(), sha256_file(path("train.csv")));
}

TEST_F(LabelFilesTest, NamesFileAndLineOfWhatIsWrong) {
  const auto refusal = [&] {
    return message_of([&] {
      const LabelFiles files(data_);
      files.paths(data_);
      files.numbers("PQ");
    });
  };
  EXPECT_EQ(refusal(), "");
  write("test.jsonl", R"({"data_path": "/data/c.wav", "PQ": ["good"]})");
  EXPECT_THAT(refusal(), HasSubstr("test.jsonl:1: column 'PQ': expected a number"));
  write("test.jsonl", R"({"data_path": "/data/b.wav", "PQ": 1})");
  EXPECT_THAT(refusal(), HasSubstr("test.jsonl:1: path 'b.wav' is already at"));
  write("test.jsonl", R"({"data_path": "/other/c.wav", "PQ": 1})");
  EXPECT_THAT(refusal(),
              HasSubstr("test.jsonl:1: column 'data_path': expected a path that begins with '/data/'"));
  write("test.jsonl", R"({"data_path": "/data/c.wav", "CE": 1})");
  EXPECT_THAT(refusal(), HasSubstr("test.jsonl: expected a column 'PQ'"));
  write("test.jsonl", R"({"PQ": 1})");
  EXPECT_THAT(refusal(), HasSubstr("test.jsonl: expected a column 'data_path'"));
  write("test.jsonl", R"({"data_path": "", "PQ": 1})");
  EXPECT_THAT(refusal(), HasSubstr("test.jsonl:1: column 'data_path': expected a value, got none"));
}

// As `qamro evaluate` reads them.
TEST_F(LabelFilesTest, RowsOfOneRaterEachBecomeTheirClipsMean) {
  write(
      "train.csv",
      "data_path,rater,PQ,fold\n/data/a.wav,r1,2,1\n/data/b.wav,r1,4,2\n/data/a.wav,r2,5,1\n/data/b.wav,r2,,2\n");
  data_.test_labels.clear();
  const LabelFiles files(data_);
  EXPECT_THAT(files.paths(data_), ElementsAre("a.wav", "b.wav"));
  EXPECT_THAT(files.numbers("PQ"), ElementsAre(3.5, 4.0));
  EXPECT_THAT(files.strings("fold"), ElementsAre("1", "2"));
  EXPECT_THAT(files.strings("PQ"), ElementsAre("2", "4"));  // a column of numbers may also name groups
  write("train.csv", "data_path,rater,PQ\n/data/a.wav,r1,2\n/data/a.wav,r1,4\n");
  EXPECT_THAT(message_of([&] { LabelFiles{data_}; }), HasSubstr("train.csv:3: rater 'r1' has already rated"));
}

// Groups come from the file's own columns and from paths, not from published names in another column.
TEST_F(LabelFilesTest, PublishedNamesAddNoColumns) {
  write("train.csv", "data_path,PQ\n/data/audiomos2025-track1-S001_P001.wav,2\n");
  data_.test_labels.clear();
  const LabelFiles files(data_);
  EXPECT_FALSE(files.has("system"));
  EXPECT_FALSE(files.has("prompt"));
}

TEST_F(LabelFilesTest, ListsAreTheSidesOfTheSplit) {
  Recipe recipe = small_recipe();
  recipe.data = data_;
  recipe.data.axes = recipe.data.label_columns = {"PQ"};
  recipe.data.audio = "clips";
  recipe.data.label_scale = recipe.data.output_scale = {0, 10};
  recipe.split = {.kind = SplitKind::kLists};
  recipe.seeds = {0};
  recipe.validate();
  const Dataset dataset = load_labels(recipe);
  const auto folds = make_folds(recipe, dataset);
  ASSERT_EQ(folds.size(), 1U);
  EXPECT_THAT(folds[0].train, ElementsAre(0, 1));
  EXPECT_THAT(folds[0].test, ElementsAre(2, 3));
  recipe.split.kind = SplitKind::kKfold;
  EXPECT_THAT(message_of([&] { recipe.validate(); }), HasSubstr("split.kind: expected \"lists\""));
  recipe.split.kind = SplitKind::kLists;
  recipe.data.test_labels.clear();
  EXPECT_THAT(message_of([&] { recipe.validate(); }), HasSubstr("data.test_labels"));
}

// The lists of AudioMOS 2025's track 2 and the ten ratings per clip of AES-Natural.
TEST(LabelFiles, ReadsTheHumanLabelsOfAesNatural) {
  const char* data = std::getenv("QAMRO_DATA");
  if (data == nullptr) GTEST_SKIP() << "QAMRO_DATA is not set";
  const std::filesystem::path folder = std::filesystem::path(data) / "aes";
  DataSection section;
  section.path_column = "data_path";
  section.label_columns = {"Production_Quality", "Production_Complexity", "Content_Enjoyment",
                           "Content_Usefulness"};
  section.labels = (folder / "audiomos2025-track2-train_list.csv").string();
  section.validation_labels = (folder / "audiomos2025-track2-dev_list.csv").string();
  section.test_labels = (folder / "audiomos2025_track2_human_annotations.jsonl").string();
  const LabelFiles lists(section);
  const auto sides = lists.sides();
  EXPECT_EQ(std::count(sides.begin(), sides.end(), "train"), 2700);
  EXPECT_EQ(std::count(sides.begin(), sides.end(), "validation"), 250);
  EXPECT_EQ(std::count(sides.begin(), sides.end(), "test"), 3060);
  for (const std::string& axis : section.label_columns)
    for (const double label : lists.numbers(axis)) EXPECT_TRUE(label >= 0 && label <= 10) << axis << label;
  // The list has the mean of a clip's ten ratings, without rounding.
  section.labels = (folder / "AES_natural_sound.jsonl").string();
  section.validation_labels.clear();
  section.test_labels.clear();
  const LabelFiles ratings(section);
  EXPECT_EQ(ratings.strings("data_path")[0],
            "/your_path/unbalanced_train_segments/audio/-6FLs0P1KaQ_30000_40000.flac");
  EXPECT_NEAR(ratings.numbers("Production_Quality")[0], lists.numbers("Production_Quality")[0], 1e-9);
}

}  // namespace
}  // namespace qamro::training
