#include <gmock/gmock.h>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"
#include "qamro/data/ratings.h"

namespace qamro::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using ::testing::Not;
using ::testing::Pair;

class Join : public ::testing::Test {
 protected:
  RatingTable table(const std::string& name, const std::string& content) {
    return read_ratings(folder_.write(name, content));
  }

  testing::TemporaryFolder folder_;
};

TEST_F(Join, FollowsTheOrderOfLabels) {
  const auto labels = table("l.csv", "path,mos\na,1\nb,2\nc,3\n");
  const auto predictions =
      table("p.jsonl",
            "{\"path\":\"c\",\"mos\":1}\n{\"path\":\"x\",\"mos\":1}\n{\"path\":\"a\",\"mos\":1}\n"
            "{\"path\":\"b\",\"error\":\"no\"}\n");
  const auto join = join_ratings(labels, predictions);
  EXPECT_EQ(join.key_column, "path");
  EXPECT_THAT(join.rows, ElementsAre(Pair(0, 2), Pair(1, 3), Pair(2, 0)));
  EXPECT_THAT(join.extra, ElementsAre(1));
}

TEST_F(Join, PathsUnderOtherNamesAreTheSameThing) {
  const auto join = join_ratings(table("l.csv", "wav_path,mos\na,1\n"), table("p.csv", "path,mos\na,2\n"));
  EXPECT_EQ(join.key_column, "wav_path");
}

TEST_F(Join, FallsBackToACommonId) {
  const auto labels = table("l.csv", "id,mos\n1,1\n2,2\n");
  const auto predictions = table("p.csv", "path,id,mos\nx,2,1\ny,1,2\n");
  EXPECT_THAT(join_ratings(labels, predictions).rows, ElementsAre(Pair(0, 1), Pair(1, 0)));
  EXPECT_THAT(join_ratings(predictions, labels).rows, ElementsAre(Pair(0, 1), Pair(1, 0)));
}

TEST_F(Join, NamesWhatIsMissing) {
  const auto labels = table("l.csv", "path,mos\na,1\nb,2\nc,3\nd,4\ne,5\nf,6\ng,7\n");
  const auto one = table("p.csv", "path,mos\na,1\n");
  const std::string message = message_of<InvalidInput>([&] { join_ratings(labels, one); });
  EXPECT_THAT(message, HasSubstr("6 of 7 rows are not in"));
  EXPECT_THAT(message,
              HasSubstr("'b' (line 3), 'c' (line 4), 'd' (line 5), 'e' (line 6), 'f' (line 7), ..."));
  EXPECT_THAT(message, HasSubstr("That file has 'a'"));
  EXPECT_THAT(message, Not(HasSubstr("'g'")));
  EXPECT_THAT(message, HasSubstr("nearest: 'a', which differs in 1 character"));
}

TEST_F(Join, PublishedNamesJoinHoweverTheyAreWritten) {
  const auto labels = table("l.txt", "S001_P001.wav,1,1\nS001_P002.wav,2,2\nS002_P001.wav,3,3\n");
  const auto answer = table("a.txt",
                            "audiomos2025-track1-S002_P001,1,1\naudiomos2025-track1-S001_P002,2,2\n"
                            "audiomos2025-track1-S001_P001,3,3\n");
  EXPECT_THAT(join_ratings(labels, answer).rows, ElementsAre(Pair(0, 2), Pair(1, 1), Pair(2, 0)));
  const auto scores =
      table("s.jsonl",
            "{\"path\":\"wav/audiomos2025-track1-S001_P001.wav\",\"MI\":1}\n"
            "{\"path\":\"S001_P002.wav\",\"MI\":2}\n"
            "{\"path\":\"x/S002_P001.wav\",\"MI\":2}\n{\"path\":\"y/S002_P001.wav\",\"MI\":3}\n");
  EXPECT_THAT(message_of<InvalidInput>([&] { join_ratings(labels, scores); }),
              HasSubstr("1 of 3 rows are not in"))
      << "one name, two clips: none is taken";
}

TEST_F(Join, TrackTwoRatersAndAnswers) {
  const auto labels =
      table("l.jsonl", "{\"data_path\":\"audiomos2025-track2-sys0v1wm-utt0dJodp\",\"PQ\":[1,2]}\n");
  const auto answer = table("a.csv", "sample_id,PQ\naudiomos2025-track2-sys0v1wm-utt0dJodp,2\n");
  EXPECT_THAT(join_ratings(labels, answer).rows, ElementsAre(Pair(0, 0)));
}

TEST_F(Join, IdsUnderOtherNames) {
  const auto labels = table("l.csv", "sample_id,mos\nu1,1\n");
  const auto versa = table("v.jsonl", "{\"key\":\"u1\",\"mos\":1}\n");
  EXPECT_THAT(join_ratings(labels, versa).rows, ElementsAre(Pair(0, 0)));
}

TEST_F(Join, PolicyDropsOrRefuses) {
  const auto labels = table("l.csv", "path,mos\na,1\nb,2\n");
  const auto predictions = table("p.csv", "path,mos\nb,1\nc,2\n");
  const auto join = join_ratings(labels, predictions, {.labels = Unmatched::kDrop});
  EXPECT_THAT(join.rows, ElementsAre(Pair(1, 0)));
  EXPECT_THAT(join.missing, ElementsAre(0));
  EXPECT_THAT(join.extra, ElementsAre(1));
  EXPECT_THAT(message_of<InvalidInput>([&] {
                join_ratings(labels, predictions,
                             {.labels = Unmatched::kDrop, .predictions = Unmatched::kRefuse});
              }),
              HasSubstr("p.csv: 1 of 2 rows are not in"));
}

TEST_F(Join, AnIdTwiceIsNamed) {
  const auto labels = table("l.csv", "id,mos\n1,1\n");
  const auto predictions = table("p.csv", "path,id,mos\nx,1,1\ny,1,2\n");
  EXPECT_THAT(message_of<InvalidInput>([&] { join_ratings(labels, predictions); }),
              HasSubstr("p.csv:3: id '1' is already in line 2"));
}

}  // namespace
}  // namespace qamro::data
