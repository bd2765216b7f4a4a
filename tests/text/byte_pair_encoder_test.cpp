#include "qamro/text/byte_pair_encoder.h"

#include <gmock/gmock.h>

#include "qamro/core/error.h"
#include "text/small_vocabulary.h"

namespace qamro::text {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::message_of;
using testing::SmallVocabulary;

constexpr TokenId kByte = 3;      // id of byte 0 in SmallVocabulary
constexpr TokenId kMerged = 259;  // id of the first merge's result

std::vector<TokenId> encode(const SmallVocabulary& files, std::string_view word) {
  const BytePairEncoder encoder(read_vocabulary(files.path() / "vocab.json"), files.path() / "merges.txt");
  std::vector<TokenId> ids;
  encoder.encode(word, ids);
  return ids;
}

TEST(BytePairEncoder, SpellsWhatItCannotMerge) {
  EXPECT_THAT(encode(SmallVocabulary({}), std::string_view("a\0\xFF ", 4)),
              ElementsAre(kByte + 'a', kByte + 0, kByte + 255, kByte + ' '));
  EXPECT_TRUE(encode(SmallVocabulary({}), "").empty());
}

TEST(BytePairEncoder, MergesTheMostUrgentPairFirst) {
  // "bc" comes before "ab": "abc" becomes a + bc, although "ab" stands further left.
  EXPECT_THAT(encode(SmallVocabulary({"b c", "a b", "ab c"}), "abc"), ElementsAre(kByte + 'a', kMerged));
  EXPECT_THAT(encode(SmallVocabulary({"a b", "b c", "ab c"}), "abc"), ElementsAre(kMerged + 2));
  EXPECT_THAT(encode(SmallVocabulary({"a b", "b c"}), "abbc"), ElementsAre(kMerged, kMerged + 1));
}

TEST(BytePairEncoder, TakesTheLeftmostOfSeveral) {
  EXPECT_THAT(encode(SmallVocabulary({"a a"}), "aaa"), ElementsAre(kMerged, kByte + 'a'));
  EXPECT_THAT(encode(SmallVocabulary({"a a", "aa aa"}), "aaaaaaa"),
              ElementsAre(kMerged + 1, kMerged, kByte + 'a'));
}

TEST(BytePairEncoder, ForgetsPairsWhoseHalvesAreGone) {
  // Once "ab" is merged, neither "bc" nor a second "ab" may use the same b.
  EXPECT_THAT(encode(SmallVocabulary({"a b", "b c", "c d"}), "abcd"), ElementsAre(kMerged, kMerged + 2));
}

TEST(BytePairEncoder, MergesALongWordInTime) {
  const auto ids = encode(SmallVocabulary({"a a", "aa aa", "aaaa aaaa"}), std::string(1 << 20, 'a'));
  EXPECT_EQ(ids.size(), (1U << 20) / 8);
}

struct BadFile {
  const char* text;
  const char* message;
};

TEST(BytePairEncoder, NamesTheLineOfMergesThatItCannotRead) {
  const SmallVocabulary files({"a b"});
  for (const auto& [text, message] : {BadFile{"a b\nc", "merges.txt:2: expected two tokens"},
                                      {"a b c", "merges.txt:1: expected two tokens"},
                                      {"\n", "merges.txt:1: expected two tokens"},
                                      {" a", "merges.txt:1: expected two tokens"},
                                      {"a ", "merges.txt:1: expected two tokens"},
                                      {"a b\na b", "merges.txt:2: expected each pair once"},
                                      {"b a", "merges.txt:1: expected tokens of the vocabulary, got 'ba'"}}) {
    files.folder().write("merges.txt", text);
    EXPECT_THAT(message_of<CheckpointError>([&] { encode(files, "x"); }), HasSubstr(message)) << text;
  }
}

TEST(ReadVocabulary, NamesWhatIsWrong) {
  const testing::TemporaryFolder folder;
  const std::string deep(200000, '[');
  for (const auto& [text, message] :
       {BadFile{"[]", "expected an object of tokens and ids, got an array"},
        {"3", "expected an object"},
        {R"({"a": "b"})", "token 'a': expected an id from 0, got a string"},
        {R"({"a": -1})", "token 'a': expected an id from 0, got -1"},
        {R"({"a": 1.5})", "token 'a': expected an id from 0, got 1.5"},
        {R"({"a": 4294967296})", "token 'a': expected an id from 0, got 4294967296"},
        {R"({"a": {}})", "token 'a': expected an id from 0, got an object"},
        {R"({"a": 1, "b": 1})", "token 'b': expected each token and id once"},
        {R"({"a": 1, "a": 2})", "token 'a': expected each token and id once"},
        {R"({"a": 1)", "expected JSON of tokens and ids"},
        {"", "expected JSON of tokens and ids"},
        {"{\"\xFF\": 1}", "expected JSON of tokens and ids"},
        {deep.c_str(), "got an array"}}) {
    const auto file = folder.write("vocab.json", text);
    EXPECT_THAT(message_of<CheckpointError>([&] { read_vocabulary(file); }),
                AllOf(HasSubstr("vocab.json"), HasSubstr(message)))
        << text;
  }
  EXPECT_THROW(read_vocabulary(folder.path() / "none.json"), FileError);
}

TEST(BytePairEncoder, NeedsEveryByte) {
  const testing::TemporaryFolder folder;
  folder.write("merges.txt", "");
  EXPECT_THAT(message_of<CheckpointError>([&] {
                BytePairEncoder({{"a", 0}}, folder.path() / "merges.txt");
              }),
              HasSubstr("expected tokens of the vocabulary"));
}

}  // namespace
}  // namespace qamro::text
