#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"
#include "qamro/data/prompts.h"
#include "qamro/data/ratings.h"

namespace qamro::data {
namespace {

using ::testing::AllOf;
using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsNan;
using testing::message_of;

class Formats : public ::testing::Test {
 protected:
  RatingTable read(const std::string& name, const std::string& content, const RatingOptions& options = {}) {
    return read_ratings(folder_.write(name, content), options);
  }
  std::string refusal(const std::string& name, const std::string& content,
                      const RatingOptions& options = {}) {
    return message_of<InvalidInput>([&] { read(name, content, options); });
  }

  testing::TemporaryFolder folder_;
};

TEST_F(Formats, MusicEvalListWithCrlfAndATabRow) {
  const auto table = read("train_mos_list.txt",
                          "audiomos2025-track1-S001_P002.wav,3.0,2.4\r\nS003_P004.wav,1.2,5.0\r\n\t\r\n");
  EXPECT_EQ(table.key_column, "path");
  EXPECT_THAT(table.axes, ElementsAre("MI", "TA"));
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_THAT(table.rows[1].values, ElementsAre(1.2, 5.0));
  EXPECT_EQ(table.rows[0].system, "S001");
  EXPECT_THAT(table.text_columns, ElementsAre("path", "system", "domain", "prompt"));
  EXPECT_THAT(table.text("prompt"), ElementsAre("P002", "P004"));
  EXPECT_THAT(table.text("domain"), ElementsAre("music", "music"));
}

TEST_F(Formats, Track1AnswerIsAListOfIds) {
  const auto table = read("answer.txt", "audiomos2025-track1-S001_P002,3.25,2\n");
  EXPECT_EQ(table.key_column, "id");
  EXPECT_EQ(table.rows[0].system, "S001");
}

TEST_F(Formats, PersonMosGathersRaters) {
  const auto table =
      read("person.txt", "S001_P001.wav,r1,3,1\r\nS001_P002.wav,r1,2,2\r\nS001_P001.wav,r2,4,\r\n");
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_THAT(table.rows[0].values, ElementsAre(3.5, 1.0));
  EXPECT_THAT(table.rows[0].raters, ElementsAre(ElementsAre(3, 4), ElementsAre(DoubleEq(1), IsNan())));
  EXPECT_THAT(table.rows[0].rater_ids, ElementsAre("r1", "r2"));
  EXPECT_THAT(table.rows[1].raters, ElementsAre(ElementsAre(2), ElementsAre(2)));
  EXPECT_THAT(
      refusal("p.txt", "S001_P001.wav,r1,3,1\nS001_P001.wav,r1,4,1\n"),
      AllOf(HasSubstr("p.txt:2: rater 'r1' has already rated path 'S001_P001.wav'"), HasSubstr("line 1")));
}

TEST_F(Formats, ListsThatAreNone) {
  EXPECT_THAT(refusal("l.txt", "\nS001_P001.wav,3,1,2,4,5\n"),
              HasSubstr("l.txt:2: expected a header, or a list without one"));
  EXPECT_THAT(refusal("l.txt", "S001_P001.wav,3,1\nS001_P002.wav,3\n"),
              HasSubstr("l.txt:2: expected 3 columns, got 2"));
  EXPECT_THAT(refusal("l.txt", "S001_P001.wav,3,1\nS001_P002.wav,3,high\n"),
              HasSubstr("l.txt:2: column 'TA': expected a number or a list of numbers, got 'high'"));
  EXPECT_THAT(refusal("l.txt", "S001,3,1\nS002,3,2\n"), HasSubstr("expected a column 'path'"));
  EXPECT_THAT(refusal("l.txt", "S001_P001.wav,3,1\nS001_P001.wav,3,1\n"), HasSubstr("is already in line 1"));
}

TEST_F(Formats, AClipAndAScore) {
  const auto table = read("answer.txt", "sys12345-utt12345,3.5\nsys12345-utt12346,2\n");
  EXPECT_THAT(table.axes, ElementsAre("mos"));
  EXPECT_EQ(table.rows[1].system, "sys12345");
}

TEST_F(Formats, SheetWithAndWithoutListeners) {
  const auto plain = read("t.csv", "wav_path,score,system_id,sample_id\na/1.wav,4,A,1\nb/1.wav,3,B,2\n");
  EXPECT_THAT(plain.axes, ElementsAre("score"));
  EXPECT_THAT(plain.rows[0].raters, ElementsAre(IsEmpty()));
  const auto listeners = read("t.csv",
                              "wav_path,score,system_id,sample_id,listener_id\na.wav,4,A,1,7\n"
                              "b.wav,3,B,2,7\na.wav,1,A,1,9\n");
  ASSERT_EQ(listeners.rows.size(), 2U);
  EXPECT_THAT(listeners.rows[0].values, ElementsAre(2.5));
  EXPECT_THAT(listeners.rows[0].rater_ids, ElementsAre("7", "9"));
  EXPECT_THAT(refusal("t.csv", "wav_path,score,system_id,listener_id\na.wav,4,A,7\na.wav,1,B,9\n"),
              HasSubstr("t.csv:3: wav_path 'a.wav' belongs to system 'B' here and to 'A' in line 2"));
}

TEST_F(Formats, SheetResultsHoldBothSides) {
  const std::string results = "wav_path,system_id,sample_id,avg_score,answer\na.wav,A,1,4,3.5\n";
  EXPECT_THAT(read("r.csv", results, {.role = RatingRole::kLabels}).axes, ElementsAre("avg_score"));
  const auto predictions = read("r.csv", results, {.role = RatingRole::kPredictions});
  EXPECT_THAT(predictions.rows[0].values, ElementsAre(3.5));
  EXPECT_EQ(predictions.find_axis("score"), 0U) << "names of one axis";
  EXPECT_THAT(read("r.csv", results).axes, ElementsAre("avg_score", "answer"));
}

TEST_F(Formats, VersaAndJsonUnderAnyName) {
  const auto table = read("result.txt", "{\"key\": \"utt1\", \"utmos\": 3.5, \"ref_text\": \"yes\"}\n");
  EXPECT_EQ(table.key_column, "key");
  EXPECT_THAT(table.axes, ElementsAre("utmos"));
  EXPECT_EQ(read("result.csv", "{\"key\": \"utt1\", \"utmos\": 3.5}\n").rows[0].key, "utt1");
}

TEST_F(Formats, AxesUnderTheirPublishedNames) {
  const auto table = read("l.jsonl", "{\"data_path\": \"x\", \"Production_Quality\": [8, 6]}\n");
  EXPECT_EQ(table.find_axis("PQ"), 0U);
  EXPECT_EQ(table.find_axis("Production_Quality"), 0U);
  EXPECT_FALSE(table.find_axis("PC"));
}

TEST_F(Formats, Prompts) {
  const auto prompts = read_prompts(
      folder_.write("prompt_info.txt", "id\ttext\r\nP001\tA \"lively\",\tpiece\r\nP002\tB\r\n\t\r\n"));
  EXPECT_EQ(prompts.size(), 2U);
  EXPECT_EQ(prompts.at("P001"), "A \"lively\",\tpiece");
  const auto message = [&](const std::string& text) {
    return message_of<InvalidInput>([&] { read_prompts(folder_.write("p.txt", text)); });
  };
  EXPECT_THAT(message("id\ttext\nP001 no tab\n"), HasSubstr("p.txt:2: expected an id, a TAB and a text"));
  EXPECT_THAT(message("P001\tx\nP001\ty\n"), HasSubstr("p.txt:2: id 'P001' is already in line 1"));
  EXPECT_THAT(message("id\ttext\n\t\n"), HasSubstr("expected at least one prompt"));
}

TEST_F(Formats, SeveralFilesAreOneTable) {
  const std::vector<std::filesystem::path> files = {
      folder_.write("a.txt", "S001_P001.wav,3,1\nS001_P002.wav,2,2\n"),
      folder_.write("b.txt", "audiomos2025-track1-S001_P002.wav,2,2\nS002_P001.wav,5,4\n")};
  const auto table = read_ratings(files);
  ASSERT_EQ(table.rows.size(), 3U);
  EXPECT_EQ(table.rows[2].key, "S002_P001.wav");
  EXPECT_THAT(table.where(table.rows[2]), HasSubstr("b.txt:2"));
  folder_.write("b.txt", "S001_P002.wav,2.2,2\n");
  EXPECT_THAT(message_of<InvalidInput>([&] { read_ratings(files); }),
              AllOf(HasSubstr("b.txt:1: MI of 'S001_P002.wav' is 2.2 here and 2 in "), HasSubstr("a.txt:2")));
  EXPECT_THAT(message_of<InvalidInput>([&] {
                read_ratings({files[0], folder_.write("c.csv", "path,mos\nx,3\n")});
              }),
              HasSubstr("c.csv: expected the axes of"));
}

class Package : public Formats {
 protected:
  void SetUp() override {
    folder_.write("m/sets/train_mos_list.txt", "audiomos2025-track1-S001_P001.wav,3.5,1.5\r\n");
    folder_.write("m/sets/test_mos_list.txt", "audiomos2025-track1-S002_P001.wav,4,2\r\n");
    folder_.write("m/sets/total_mos_list.txt",
                  "S002_P001.wav,4,2\nS001_P001.wav,3.5,1.5\nS009_P009.wav,1,1\n");
  }
  RatingTable package() { return read_ratings(folder_.path() / "m"); }
};

TEST_F(Package, ListsWithTheirSplit) {
  const auto table = package();
  ASSERT_EQ(table.rows.size(), 3U);
  EXPECT_THAT(table.text("split"), ElementsAre("train", "test", ""));
  EXPECT_THAT(table.text("system"), ElementsAre("S001", "S002", "S009"));
}

TEST_F(Package, RatersAndPrompts) {
  folder_.write("m/person_mos/r1.txt", "S001_P001.wav,r1,3,1\n");
  folder_.write("m/person_mos/r2.txt", "audiomos2025-track1-S001_P001.wav,r2,4,2\n");
  folder_.write("m/prompt_info.txt", "id\ttext\nP001\tNot of S001, a demo system\nP009\tA lively piece\n");
  folder_.write("m/demo_prompt_info.txt", "id\ttext\naudiomos2025-track1-S002_P001.wav\tA demo\n");
  const auto table = package();
  EXPECT_THAT(table.rows[0].raters, ElementsAre(ElementsAre(3, 4), ElementsAre(1, 2)));
  EXPECT_THAT(table.rows[0].rater_ids, ElementsAre("r1", "r2"));
  EXPECT_THAT(table.rows[1].raters, ElementsAre(IsEmpty(), IsEmpty()));
  EXPECT_THAT(table.text("prompt_text"), ElementsAre("", "A demo", "A lively piece"));
  folder_.write("m/person_mos/r2.txt", "S001_P001.wav,r1,4,2\n");
  EXPECT_THAT(message_of<InvalidInput>([&] { package(); }), HasSubstr("rater 'r1' has already rated"));
}

TEST_F(Package, RefusesWhatDisagrees) {
  folder_.write("m/person_mos/r1.txt", "S001_P001.wav,r1,3,1\n");
  EXPECT_THAT(message_of<InvalidInput>([&] { package(); }),
              AllOf(HasSubstr("train_mos_list.txt:1: MI of 'audiomos2025-track1-S001_P001.wav' is 3.5"),
                    HasSubstr("r1.txt:1"), HasSubstr("is 3")));
  folder_.write("m/sets/total_mos_list.txt", "S002_P001.wav,4,3\n");
  EXPECT_THAT(message_of<InvalidInput>([&] { package(); }),
              HasSubstr("total_mos_list.txt:1: TA of 'S002_P001.wav' is 3 here and 2 in "));
}

TEST_F(Package, AnotherFolderIsRefused) {
  EXPECT_THAT(message_of<InvalidInput>([&] { read_ratings(folder_.path()); }),
              HasSubstr("expected a file, or the MusicEval package's folder"));
}

std::filesystem::path shared_data() {
  const char* folder = std::getenv("QAMRO_DATA");
  return folder != nullptr ? folder : std::filesystem::path(QAMRO_SOURCE_DIR) / ".." / "shared" / "data";
}

TEST(PublishedFiles, MusicEvalPackage) {
  const auto folder = shared_data() / "musiceval" / "MusicEval-full";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "QAMRO_DATA is not here";
  const auto table = read_ratings(folder);
  EXPECT_EQ(table.rows.size(), 2748U);
  const auto splits = table.text("split");
  EXPECT_EQ(std::count(splits.begin(), splits.end(), "train"), 1923);
  EXPECT_EQ(std::count(splits.begin(), splits.end(), "dev"), 412);
  EXPECT_EQ(std::count(splits.begin(), splits.end(), "test"), 413);
  const auto bare = read_ratings(shared_data() / "musiceval" / "total_mos_list.txt");
  EXPECT_EQ(join_ratings(table, bare, {.predictions = Unmatched::kRefuse}).rows.size(), 2748U)
      << "names with and without prefix";
}

TEST(PublishedFiles, Track2ListsAndRatersAgree) {
  const auto folder = shared_data() / "aes";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "QAMRO_DATA is not here";
  const auto lists = read_ratings(
      {folder / "audiomos2025-track2-train_list.csv", folder / "audiomos2025-track2-dev_list.csv"});
  const auto raters = read_ratings({folder / "AES_natural_speech.jsonl", folder / "AES_natural_music.jsonl",
                                    folder / "AES_natural_sound.jsonl"});
  ASSERT_EQ(lists.rows.size(), 2950U);
  const auto join = join_ratings(lists, raters, {.predictions = Unmatched::kRefuse});
  for (const auto& [list, rater] : join.rows)
    for (std::size_t axis = 0; axis < 4; ++axis)
      EXPECT_NEAR(lists.rows[list].values[axis], raters.rows[rater].values[axis], 1e-9);
  const auto domains = raters.text("domain");
  EXPECT_EQ(std::count(domains.begin(), domains.end(), "speech"), 950);
  EXPECT_EQ(std::count(domains.begin(), domains.end(), "sound"), 1000);
  EXPECT_EQ(lists.text("domain")[0], "sound");
  const auto test = read_ratings(folder / "audiomos2025_track2_human_annotations.jsonl");
  EXPECT_EQ(test.rows.size(), 3060U);
  EXPECT_EQ(test.rows[0].system, "sys0v1wm");
}

}  // namespace
}  // namespace qamro::data
