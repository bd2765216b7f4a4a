#include "qamro/data/score_writers.h"

#include <gmock/gmock.h>

#include <cmath>
#include <sstream>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"
#include "qamro/data/ratings.h"

namespace qamro::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;

TEST(AnswerWriter, Track1HasNoHeader) {
  std::ostringstream out;
  AnswerWriter writer(out, {"TA", "MI"});
  writer.write("audiomos2025-track1-S001_P002", std::vector<double>{1.5, 0.1 + 0.2});
  EXPECT_EQ(out.str(), "audiomos2025-track1-S001_P002,0.30000000000000004,1.5\n");
}

TEST(AnswerWriter, Track2HasTheOrganisersHeader) {
  std::ostringstream out;
  AnswerWriter writer(out, {"Content_Enjoyment", "CU", "PC", "extra", "PQ"});
  writer.write("a", std::vector<double>{3, 4, 2, 9, 1});
  EXPECT_EQ(out.str(), "sample_id,PQ,PC,CE,CU\na,1,2,3,4\n");
}

TEST(AnswerWriter, ReadersReadIt) {
  std::ostringstream out;
  AnswerWriter writer(out, {"MI", "TA"});
  writer.write(answer_id("wav/audiomos2025-track1-S001_P002.wav"), std::vector<double>{3.25, 2});
  testing::TemporaryFolder folder;
  const auto answers = read_ratings(folder.write("answer.txt", out.str()));
  const auto labels = read_ratings(folder.write("test.txt", "S001_P002.wav,3,2\n"));
  EXPECT_THAT(join_ratings(labels, answers).rows, ElementsAre(std::pair(0, 0)));
  EXPECT_EQ(answers.rows[0].values[0], 3.25);
}

TEST(AnswerWriter, Refuses) {
  std::ostringstream out;
  EXPECT_THAT(message_of<InvalidInput>([&] { AnswerWriter(out, {"mos"}); }),
              HasSubstr("expected the axes MI and TA (track 1) or PQ, PC, CE and CU (track 2), got 'mos'"));
  AnswerWriter writer(out, {"MI", "TA"});
  writer.write("a", std::vector<double>{1, 2});
  EXPECT_THAT(message_of<InvalidInput>([&] {
                writer.write("a", std::vector<double>{1, 2});
              }),
              HasSubstr("got 'a' twice"));
  EXPECT_THROW(writer.write("b,c", std::vector<double>{1, 2}), InvalidInput);
  EXPECT_THROW(writer.write("", std::vector<double>{1, 2}), InvalidInput);
  EXPECT_THROW(writer.write("d", std::vector<double>{1}), InvalidInput);
  EXPECT_THROW(writer.write("e", std::vector<double>{1, std::nan("")}), InvalidInput);
  EXPECT_EQ(out.str(), "a,1,2\n");
}

TEST(AnswerId, IsTheFilesNameWithoutItsAudioExtension) {
  EXPECT_EQ(answer_id("a/b/x.y.wav"), "x.y");
  EXPECT_EQ(answer_id("audiomos2025-track2-speech-x.mp3"), "audiomos2025-track2-speech-x");
  EXPECT_EQ(answer_id("sys1-utt.v2"), "sys1-utt.v2");
}

}  // namespace
}  // namespace qamro::data
