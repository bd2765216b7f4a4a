#include "qamro/text/roberta_tokenizer.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "qamro/core/error.h"
#include "text/small_vocabulary.h"

namespace qamro::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using testing::SmallVocabulary;

TEST(RobertaTokenizer, PutsTheTextBetweenItsMarks) {
  const SmallVocabulary files({"Ġ b"});
  const RobertaTokenizer tokenizer(files.path());
  EXPECT_THAT(tokenizer.encode("a b"), ElementsAre(0, 3 + 'a', 259, 2));
  EXPECT_THAT(tokenizer.encode(""), ElementsAre(0, 2));
  EXPECT_EQ(tokenizer.id_limit(), 260);
}

TEST(RobertaTokenizer, CutsBeforeTheLastMark) {
  const SmallVocabulary files({});
  const RobertaTokenizer tokenizer(files.path());
  const auto ids = tokenizer.encode(std::string(10000, 'x'));
  ASSERT_EQ(ids.size(), 77U);
  EXPECT_EQ(ids[75], 3 + 'x');
  EXPECT_EQ(ids[76], 2);
  EXPECT_EQ(tokenizer.encode(std::string(75, 'x')).size(), 77U);
  EXPECT_EQ(tokenizer.encode(std::string(74, 'x')).size(), 76U);
  EXPECT_THAT(tokenizer.encode("abc", 3), ElementsAre(0, 3 + 'a', 2));
  EXPECT_THROW(tokenizer.encode("abc", 1), InvalidInput);
}

TEST(RobertaTokenizer, TakesItsMarksInATextForText) {
  const SmallVocabulary files({});
  EXPECT_THAT(RobertaTokenizer(files.path()).encode("<s>"), ElementsAre(0, 3 + '<', 3 + 's', 3 + '>', 2));
}

TEST(RobertaTokenizer, RefusesWhatIsNoUtf8AlsoBehindTheCut) {
  const SmallVocabulary files({});
  EXPECT_THAT(message_of<InvalidInput>(
                  [&] { RobertaTokenizer(files.path()).encode(std::string(1000, 'x') + " \xC3"); }),
              HasSubstr("got byte 0xC3 at byte offset 1001"));
}

TEST(RobertaTokenizer, NeedsItsMarks) {
  const SmallVocabulary files({});
  const auto text = testing::read_bytes(files.path() / "vocab.json");
  files.folder().write("vocab.json", "{" + text.substr(text.find("\"<pad>")));
  EXPECT_THAT(message_of<CheckpointError>([&] { RobertaTokenizer tokenizer(files.path()); }),
              HasSubstr("vocab.json: expected a token '<s>'"));
}

TEST(RobertaTokenizer, KnowsTheReleasedVocabulary) {
  const char* data = std::getenv("QAMRO_DATA");
  if (data == nullptr || !std::filesystem::exists(std::filesystem::path(data) / "roberta"))
    GTEST_SKIP() << "QAMRO_DATA has no roberta";
  const RobertaTokenizer tokenizer(std::filesystem::path(data) / "roberta");
  EXPECT_EQ(tokenizer.id_limit(), 50265);
  // tokenizers 0.23.3: ByteLevel(add_prefix_space=False), BPE with the same files.
  EXPECT_THAT(tokenizer.encode("Hello world's 2nd 😀"),
              ElementsAre(0, 31414, 232, 18, 132, 1187, 17841, 7471, 2));
}

}  // namespace
}  // namespace qamro::text
