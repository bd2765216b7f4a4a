#include "qamro/text/roberta_tokenizer.h"

#include <gmock/gmock.h>

#include "io/temporary_folder.h"
#include "qamro/core/error.h"

namespace qamro::text {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::message_of;

TEST(SplitWords, TakesTheSpaceInFrontOfAWord) {
  EXPECT_THAT(split_words("a slow  piano"), ElementsAre("a", " slow", " ", " piano"));
  EXPECT_THAT(split_words("in 1984!? ok"), ElementsAre("in", " 1984", "!?", " ok"));
  EXPECT_THAT(split_words("abc123def"), ElementsAre("abc", "123", "def"));
  EXPECT_THAT(split_words(""), IsEmpty());
}

TEST(SplitWords, KnowsEnglishContractionsInLowerCaseOnly) {
  EXPECT_THAT(split_words("it's we'll they've I'm he'd don't you're"),
              ElementsAre("it", "'s", " we", "'ll", " they", "'ve", " I", "'m", " he", "'d", " don", "'t",
                          " you", "'re"));
  EXPECT_THAT(split_words("IT'S 'sun 'x"), ElementsAre("IT", "'", "S", " '", "sun", " '", "x"));
  EXPECT_THAT(split_words("a '' 's"), ElementsAre("a", " ''", " '", "s"));
}

TEST(SplitWords, LeavesTheLastOfSeveralSpacesToWhatFollows) {
  EXPECT_THAT(split_words("a \t\n b"), ElementsAre("a", " \t\n", " b"));
  EXPECT_THAT(split_words("a \tb"), ElementsAre("a", " ", "\t", "b"));
  EXPECT_THAT(split_words("a\nb"), ElementsAre("a", "\n", "b"));
  EXPECT_THAT(split_words("a  "), ElementsAre("a", "  "));
  EXPECT_THAT(split_words(" "), ElementsAre(" "));
}

TEST(SplitWords, KnowsUnicode) {
  EXPECT_THAT(split_words("慢板 钢琴，二〇"),
              ElementsAre("慢板", " 钢琴", "，", "二", "〇"));  // 〇 is a number
  EXPECT_THAT(split_words("ça 😀😀 e\u0301"), ElementsAre("ça", " 😀😀", " e", "\u0301"));
  EXPECT_THAT(split_words("a\u3000\u00A0b\u0085"), ElementsAre("a", "\u3000", "\u00A0", "b", "\u0085"));
  EXPECT_THAT(split_words("x½²Ⅷ"), ElementsAre("x", "½²Ⅷ"));
  EXPECT_THAT(split_words("a\u200Bb"), ElementsAre("a", "\u200B", "b"));  // zero width is not a space
  // Letters added in Unicode 16 are known on every machine, as in the reference.
  EXPECT_THAT(split_words("a\U00016D40"), ElementsAre("a\U00016D40"));
}

TEST(SplitWords, NamesTheByteThatIsNoUtf8) {
  EXPECT_THAT(message_of<InvalidInput>([] { split_words("ab \xFF"); }),
              HasSubstr("expected UTF-8, got byte 0xFF at byte offset 3"));
}

}  // namespace
}  // namespace qamro::text
