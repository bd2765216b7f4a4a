#include "qamro/data/ratings.h"

#include <gmock/gmock.h>

#include <cmath>
#include <cstdlib>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::data {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsNan;
using testing::message_of;

class Ratings : public ::testing::Test {
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

TEST_F(Ratings, ReadsCsv) {
  const auto table = read("l.csv", "path,system,MI,sentence,TA\na.wav,A,3.5,s1,\nb.wav,B, +4 ,s2,1e0\n");
  EXPECT_EQ(table.key_column, "path");
  EXPECT_THAT(table.axes, ElementsAre("MI", "TA"));
  EXPECT_THAT(table.text_columns, ElementsAre("path", "system", "sentence"));
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_EQ(table.rows[0].key, "a.wav");
  EXPECT_EQ(table.rows[0].system, "A");
  EXPECT_THAT(table.rows[0].values, ElementsAre(3.5, IsNan()));
  EXPECT_THAT(table.rows[1].values, ElementsAre(4.0, 1.0));
  EXPECT_THAT(table.rows[1].raters, ElementsAre(IsEmpty(), IsEmpty()));
  EXPECT_EQ(table.rows[1].line, 3U);
  EXPECT_THAT(table.text("sentence"), ElementsAre("s1", "s2"));
  EXPECT_EQ(table.require_axis("TA"), 1U);
  EXPECT_THAT(message_of<InvalidInput>([&] { table.require_axis("mos"); }),
              HasSubstr("expected an axis 'mos', got 'MI', 'TA'"));
  EXPECT_THROW(table.text("none"), InvalidInput);
}

TEST_F(Ratings, ListsAreOneNumberARater) {
  const auto csv = read(
      "l.csv",
      "file,condition,ratings,participant_ids\nx.wav,A,\"[41.0, 32, nan]\",\"[2, 3, 5]\"\ny.wav,B,[],[]\n",
      {.axes = {"ratings"}, .key = "file", .system = "condition"});
  EXPECT_THAT(csv.rows[0].values, ElementsAre(36.5));
  EXPECT_THAT(csv.rows[0].raters[0], ElementsAre(41.0, 32.0, IsNan()));
  EXPECT_THAT(csv.rows[1].values, ElementsAre(IsNan()));
  EXPECT_EQ(csv.rows[1].system, "B");
  const auto json = read("l.jsonl", "{\"data_path\": \"/a.wav\", \"PQ\": [8.0, 7.0, null], \"CU\": [NaN]}\n");
  EXPECT_EQ(json.key_column, "data_path");
  EXPECT_THAT(json.rows[0].values, ElementsAre(7.5, IsNan()));
  EXPECT_THAT(json.rows[0].raters[0], ElementsAre(8.0, 7.0, IsNan()));
}

TEST_F(Ratings, ReadsWhatScoreWrites) {
  const auto table =
      read("p.jsonl",
           "{\"path\": \"a.wav\", \"system\": \"A\", \"mos\": 3.25, \"duration_seconds\": 2.5}\n"
           "{\"path\": \"b.wav\", \"error\": \"b.wav: cut short\"}\n"
           "{\"path\": \"\", \"error\": \"list.jsonl:3: expected JSON\"}\n"
           "{\"path\": \"c.wav\", \"mos\": null}\n");
  EXPECT_THAT(table.axes, ElementsAre("mos"));
  ASSERT_EQ(table.rows.size(), 3U);
  EXPECT_THAT(table.rows[0].values, ElementsAre(3.25));
  EXPECT_THAT(table.rows[1].values, ElementsAre(IsNan()));
  EXPECT_EQ(table.rows[1].error, "b.wav: cut short");
  EXPECT_THAT(table.rows[2].values, ElementsAre(IsNan()));
  const auto csv = read("p.csv", "path,mos,duration_seconds,error\na.wav,3,2.5,\nb.wav,,,cut short\n");
  EXPECT_THAT(csv.axes, ElementsAre("mos"));
  EXPECT_THAT(csv.rows[1].values, ElementsAre(IsNan()));
}

TEST_F(Ratings, TakesFamiliarityForARatingUnlessScoreWroteIt) {
  EXPECT_THAT(read("rated.csv", "path,mos,familiarity\na.wav,3,4\n").axes, ElementsAre("mos", "familiarity"));
  const auto scores =
      read("scored.csv", "path,mos,familiarity,sample_rate_hz,channels,level_db\na,3,0.5,16000,1,-20\n");
  EXPECT_THAT(scores.axes, ElementsAre("mos"));
  EXPECT_THAT(scores.text("familiarity"), ElementsAre("0.5"));
}

TEST_F(Ratings, TellsFormatsByExtensionThenContent) {
  EXPECT_EQ(read("a.tsv", "path\tmos\na,b\t3\n").rows[0].key, "a,b");
  EXPECT_EQ(read("a.txt", "path\tmos\na b\t3\n").rows[0].key, "a b");
  EXPECT_EQ(read("a.txt", "\n {\"path\": \"x\", \"mos\": 3}\n").rows[0].key, "x");
  EXPECT_EQ(read("a", "path,mos\nx,3\n").rows[0].key, "x");
  EXPECT_EQ(read("a.json", "{\"id\": 5, \"mos\": 3}\n").rows[0].key, "5");
}

TEST_F(Ratings, ChoosesKeyAndAxes) {
  EXPECT_EQ(read("a.csv", "sample_id,id,mos\ns,i,3\n").key_column, "id");
  EXPECT_EQ(read("a.csv", "wav_path,system_id,mos\nw,S,3\n").rows[0].system, "S");
  EXPECT_THAT(read("a.csv", "path,mos,fold,start_time,n\nw,3,1,0,4\n").axes, ElementsAre("mos", "n"));
  EXPECT_THAT(read("a.csv", "path,mos,n\nw,3,4\n", {.axes = {"n"}}).axes, ElementsAre("n"));
  EXPECT_THAT(refusal("a.csv", "path,mos\nw,3\n", {.axes = {"MI"}}),
              HasSubstr("expected a column 'MI', got 'path', 'mos'"));
  EXPECT_THAT(refusal("a.csv", "nick,mos\nw,3\n"), HasSubstr("expected a column 'path' or 'filename'"));
  EXPECT_THAT(refusal("a.csv", "path,note\nw,x\n"), HasSubstr("expected a column of numbers, got none"));
}

TEST_F(Ratings, ABadRowIsNamedWithFileLineAndColumn) {
  EXPECT_THAT(refusal("l.csv", "path,mos\na,3\nb,good\nc,4\n"),
              HasSubstr("l.csv:3: column 'mos': expected a number or a list of numbers, got 'good'"));
  EXPECT_THAT(refusal("l.csv", "path,mos\na,3\nb,inf\nc,4\n"), HasSubstr("got 'inf'"));
  EXPECT_THAT(refusal("l.csv", "path,mos\na,3\nb,\"[1, x]\"\nc,4\n"), HasSubstr("got '[1, x]'"));
  EXPECT_THAT(refusal("l.csv", "path,mos\na,3\nb,\"[1,]\"\nc,4\n"), HasSubstr("got '[1,]'"));
  EXPECT_THAT(refusal("l.csv", "path,mos\na,3\nb,4,5\n"), HasSubstr("l.csv:3: expected 2 columns, got 3"));
  EXPECT_THAT(refusal("l.csv", "path,mos\na,3\n,4\n"), HasSubstr("l.csv:3: column 'path': expected a value"));
  EXPECT_THAT(
      refusal(
          "l.jsonl",
          "{\"path\": \"a\", \"mos\": 3}\n{\"path\": \"b\", \"mos\": true}\n{\"path\": \"c\", \"mos\": 3}\n"),
      HasSubstr("l.jsonl:2: column 'mos': expected a number or a list of numbers, got 'true'"));
  EXPECT_THAT(refusal("l.jsonl", "{\"path\": \"a\", \"mos\": 3}\n{\"path\" \"b\"}\n"),
              HasSubstr("l.jsonl:2:11: expected JSON"));
  EXPECT_THAT(refusal("l.jsonl", "[1]\n"), HasSubstr("l.jsonl:1: expected a JSON object, got array"));
}

// A table of all rows and all keys would take 200 million cells.
TEST_F(Ratings, RowsThatShareNoKeysAreRefused) {
  std::string text;
  for (int i = 0; i < 14'000; ++i) text += "{\"" + std::to_string(i) + "\": 1}\n";
  EXPECT_THAT(refusal("l.jsonl", text), HasSubstr("expected rows with the same keys, got 10"));
}

TEST_F(Ratings, AKeyTwiceIsNamedWithBothLines) {
  EXPECT_THAT(refusal("l.csv", "path,mos\na,3\nb,3\na,4\n"),
              HasSubstr("l.csv:4: path 'a' is already in line 2"));
}

TEST_F(Ratings, FilesWithoutRows) {
  EXPECT_THAT(refusal("l.csv", ""), HasSubstr("expected at least one row, got none"));
  EXPECT_THAT(refusal("l.csv", "path,mos\n"), HasSubstr("expected at least one row, got none"));
  EXPECT_THAT(refusal("l.jsonl", ""), HasSubstr("expected at least one row, got none"));
  EXPECT_THROW(read_ratings(folder_.path() / "none.csv"), FileError);
}

std::filesystem::path ratings_folder() {
  const char* folder = std::getenv("QAMRO_DATA");
  return folder != nullptr ? folder : std::filesystem::path(QAMRO_SOURCE_DIR) / ".." / "shared" / "data";
}

TEST(PublishedRatings, AesJsonLines) {
  const auto file = ratings_folder() / "aes" / "AES_PAM.jsonl";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "QAMRO_DATA is not here";
  const auto table = read_ratings(file);
  ASSERT_EQ(table.rows.size(), 1000U);
  EXPECT_THAT(table.axes, ElementsAre("Production_Quality", "Production_Complexity", "Content_Enjoyment",
                                      "Content_Usefulness"));
  EXPECT_THAT(table.rows[0].values, ElementsAre(DoubleEq(5.5), DoubleEq(3.3), DoubleEq(2.7), DoubleEq(5.2)));
  for (const auto& row : table.rows)
    for (const auto& raters : row.raters) EXPECT_EQ(raters.size(), 10U);
}

// The anchors have no file; anyone who reads the whole table must be told so.
TEST(PublishedRatings, MushraCsvNamesItsRowsWithoutAFile) {
  const auto file = ratings_folder() / "neural_codec_mushra" / "ratings_formated_filtered.csv";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "QAMRO_DATA is not here";
  EXPECT_THAT(message_of<InvalidInput>(
                  [&] { read_ratings(file, {.axes = {"ratings"}, .key = "file", .system = "condition"}); }),
              HasSubstr("ratings_formated_filtered.csv:10: column 'file': expected a value"));
}

}  // namespace
}  // namespace qamro::data
