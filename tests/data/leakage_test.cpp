#include "qamro/data/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qamro/core/error.h"
#include "qamro/data/system_rule.h"

namespace qamro::data {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const std::vector<std::string> kPaths = {"a.wav", "b.wav", "c.wav", "d.wav"};

TEST(Leakage, NoneWhereNothingIsShared) {
  const std::vector<Fold> folds = {{{0, 1}, {}, {2, 3}}};
  const std::vector<SharedColumn> columns = {{"prompt", {"p", "p", "q", "q"}},
                                             {"audio", {"1", "2", "3", "4"}}};
  EXPECT_THAT(find_leakage(folds, columns), IsEmpty());
  EXPECT_THAT(find_leakage(folds, {}), IsEmpty());
  EXPECT_THAT(find_leakage({}, columns), IsEmpty());
}

TEST(Leakage, AClipWithoutAValueSharesNothing) {
  const std::vector<Fold> folds = {{{0}, {}, {1}}};
  EXPECT_THAT(find_leakage(folds, std::vector<SharedColumn>{{"recording", {"", ""}}}), IsEmpty());
}

TEST(Leakage, EachKindIsFoundAndValidationCounts) {
  const std::vector<Fold> folds = {{{0}, {1}, {2, 3}}};
  const std::vector<SharedColumn> columns = {
      {"prompt", {"p", "q", "p", "r"}}, {"recording", {"", "s", "", "s"}}, {"audio", {"x", "y", "z", "x"}}};
  const auto found = find_leakage(folds, columns);
  ASSERT_THAT(found, SizeIs(3));
  EXPECT_EQ(found[0].what, "prompt");
  EXPECT_EQ(found[0].leaks[0].value, "p");
  EXPECT_EQ(found[0].leaks[0].known, 0);
  EXPECT_EQ(found[0].leaks[0].tested, 2);
  EXPECT_EQ(found[1].leaks[0].known, 1) << "a validation clip";
  EXPECT_EQ(found[2].leaks[0].tested, 3);
  EXPECT_EQ(
      describe(found[0], kPaths),
      "1 of 2 tested clips share their prompt with clips that were trained on: p ('a.wav' is trained on, 'c.wav' tested)");
  EXPECT_EQ(
      describe(found[2], kPaths),
      "1 of 2 tested clips share their audio with clips that were trained on: ('a.wav' is trained on, 'd.wav' tested)");
}

TEST(Leakage, CountsClipsOverAllFolds) {
  const std::vector<Fold> folds = {{{2, 3}, {}, {0, 1}}, {{0, 1}, {}, {2, 3}}};
  const auto found = find_leakage(folds, std::vector<SharedColumn>{{"prompt", {"p", "q", "p", "p"}}});
  ASSERT_THAT(found, SizeIs(1));
  ASSERT_THAT(found[0].leaks, SizeIs(1));
  EXPECT_EQ(found[0].leaks[0].known, 2) << "the first";
  EXPECT_EQ(found[0].clips(), 3U);
  EXPECT_EQ(found[0].tested, 4U);
}

TEST(Leakage, NamesAFewAndCountsTheRest) {
  const std::vector<Fold> folds = {{{0, 1}, {}, {2, 3}}};
  const auto found = find_leakage(folds, std::vector<SharedColumn>{{"prompt", {"p", "q", "p", "q"}}});
  EXPECT_THAT(describe(found[0], kPaths, 1), HasSubstr("'c.wav' tested) (and 1 more)"));
}

TEST(Leakage, RefusesWhatDoesNotFit) {
  const std::vector<Fold> folds = {{{0}, {}, {2}}};
  EXPECT_THROW(find_leakage(folds, std::vector<SharedColumn>{{"prompt", {"p", "q"}}}), InvalidInput);
  const std::vector<SharedColumn> uneven = {{"prompt", {"p", "q", "r"}}, {"audio", {"1"}}};
  EXPECT_THROW(find_leakage(folds, uneven), InvalidInput);
}

TEST(SourceRecording, OfTheCorporaOfAesNatural) {
  EXPECT_EQ(source_recording("/your_path/MUSDB18/test/AM Contra - Heart Peripheral/bass.wav"),
            "MUSDB18/AM Contra - Heart Peripheral");
  EXPECT_EQ(source_recording("MUSDB18/train/AM Contra - Heart Peripheral/mixture.wav"),
            "MUSDB18/AM Contra - Heart Peripheral");
  EXPECT_EQ(source_recording("/x/unbalanced_train_segments/audio/i_ER8O87unM_20000_30000.flac"),
            "YouTube/i_ER8O87unM");
  EXPECT_EQ(source_recording("/your_path/musiccaps/1hABzqBHh7w.wav"), "YouTube/1hABzqBHh7w");
  EXPECT_EQ(source_recording("/p/LibriTTS/train-clean-360/2388/153728/2388_153728_000007_000007.wav"),
            "LibriTTS/2388/153728");
  for (const char* other : {"/your_path/EARS/p001/emo.wav", "cv-corpus-13.0-2023-03-09/en/clips/c.mp3",
                            "audiomos2025-track2-sysw48qy-uttySZarC", "S001_P002.wav", "x.wav", "",
                            "unbalanced_train_segments/audio/abc.flac",
                            "unbalanced_train_segments/a/_1_2.flac", "MUSDB18/bass.wav"})
    EXPECT_EQ(source_recording(other), "") << other;
}

}  // namespace
}  // namespace qamro::data
