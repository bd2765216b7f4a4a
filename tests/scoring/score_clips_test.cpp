#include "qamro/scoring/score_clips.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sndfile.h>

#include <stdexcept>

#include "audio/sound_file.h"
#include "qamro/scoring/score_sink.h"
#include "scoring/toy_predictor.h"

namespace qamro::scoring {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

data::Clip sound_clip(std::vector<float> samples, const std::string& name) {
  data::Clip clip;
  clip.sound = std::make_shared<audio::SoundInMemory>(audio::SoundInMemory{std::move(samples), 1, kToyRate});
  clip.path_as_given = name;
  return clip;
}

data::Clip file_clip(const std::string& path) {
  data::Clip clip;
  clip.path = path;
  clip.path_as_given = path;
  return clip;
}

std::vector<data::Clip> noisy_clips(std::size_t count) {
  std::vector<data::Clip> clips;
  for (std::size_t i = 0; i < count; ++i)
    clips.push_back(sound_clip(test::noise(4000 + 5113 * (i % 9), i), "clip " + std::to_string(i)));
  return clips;
}

TEST(ScoreClips, ArriveInOrderWithTheSameScoresForEveryNumberOfThreads) {
  const auto predictor = toy_predictor(false);
  const auto clips = noisy_clips(40);
  const auto alone = score_clips(predictor, clips);
  ASSERT_EQ(alone.size(), clips.size());
  const auto together = score_clips(predictor, clips, {.encoding = {.threads = 5}, .windows = true});
  for (std::size_t i = 0; i < clips.size(); ++i) {
    EXPECT_EQ(alone[i].clip.path_as_given, clips[i].path_as_given);
    EXPECT_EQ(alone[i].scores, together[i].scores) << i;
    EXPECT_EQ(score_clips(predictor, std::span(clips).subspan(i, 1))[0].scores, alone[i].scores) << i;
  }
}

TEST(ScoreClips, SoundInMemoryScoresAsItsFile) {
  const auto stereo = test::noise(2 * 30'000, 3);
  data::Clip file =
      file_clip(test::write_sound("scored.wav", stereo, 44'100, 2, SF_FORMAT_WAV | SF_FORMAT_FLOAT));
  file.start_seconds = 0.1;
  file.end_seconds = 0.6;
  data::Clip memory = file;
  memory.path.clear();
  memory.sound = std::make_shared<audio::SoundInMemory>(audio::SoundInMemory{stereo, 2, 44'100});
  const auto scores = score_clips(toy_predictor(false), std::vector{file, memory});
  EXPECT_THAT(scores[0].error, IsEmpty());
  EXPECT_EQ(scores[0].scores, scores[1].scores);
  EXPECT_EQ(scores[0].duration_seconds, scores[1].duration_seconds);
}

TEST(ScoreClips, BadClipsCarryTheirErrorAndTheOthersGoOn) {
  data::Clip broken;
  broken.path_as_given = "row 7";
  broken.error = "list.csv:7: no path";
  const std::vector clips = {broken, sound_clip({}, "nothing"), sound_clip(test::noise(100, 1), "blink"),
                             sound_clip(test::noise(9000, 1), "good"), file_clip("/nowhere.wav")};
  const auto scores = score_clips(toy_predictor(false), clips, {.encoding = {.threads = 3}});
  EXPECT_EQ(scores[0].error, "list.csv:7: no path");
  EXPECT_EQ(scores[1].error, "nothing: expected samples, got a sound without any");
  EXPECT_THAT(scores[2].error, HasSubstr("blink: too short"));
  EXPECT_THAT(scores[3].error, IsEmpty());
  EXPECT_TRUE(scores[3].has_scores());
  EXPECT_THAT(scores[4].error, HasSubstr("/nowhere.wav"));
  for (const std::size_t failed : {0U, 1U, 2U, 4U}) {
    EXPECT_THAT(scores[failed].scores, IsEmpty());
    EXPECT_FALSE(scores[failed].has_scores());
  }
}

TEST(ScoreClips, StopWhenTheReceiverSaysSo) {
  std::size_t arrived = 0;
  score_clips(toy_predictor(false), noisy_clips(20), {.encoding = {.threads = 2}},
              [&](ClipScores&&) { return ++arrived < 3; });
  EXPECT_EQ(arrived, 3U);
}

TEST(ScoreClips, PassOnWhatTheReceiverThrows) {
  const auto receive = [](ClipScores&&) -> bool { throw std::runtime_error("the receiver broke"); };
  EXPECT_THROW(score_clips(toy_predictor(false), noisy_clips(3), {}, receive), std::runtime_error);
}

TEST(ScoreClips, WindowsTellTheirTimesInTheFile) {
  data::Clip clip = sound_clip(test::noise(60'000, 1), "long");
  clip.start_seconds = 0.25;
  const auto scores = score_clips(toy_predictor(false), std::vector{clip}, {.windows = true}).front();
  ASSERT_EQ(scores.windows.size(), 4U);
  EXPECT_DOUBLE_EQ(scores.windows[0].start_seconds, 0.25);
  EXPECT_DOUBLE_EQ(scores.windows[3].start_seconds, 3.25);
  EXPECT_DOUBLE_EQ(scores.windows[3].end_seconds, 3.75);
  EXPECT_DOUBLE_EQ(scores.windows[3].duration_seconds, 0.5);
  double sum = 0;
  for (const auto& window : scores.windows) sum += window.scores.at(0);
  EXPECT_DOUBLE_EQ(scores.scores.at(0), sum / 4);
  const auto rows = rows_of(scores, {"MI"});
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[3].at("start_time"), 3.25);
}

TEST(ScoreClips, WithoutAPromptLackTheAxisThatNeedsOne) {
  std::vector<data::Clip> clips = noisy_clips(3);
  clips[0].prompt = "four";
  clips[1].prompt_error = "prompts.tsv: no P001";
  const auto scores = score_clips(toy_predictor(true), clips);
  EXPECT_DOUBLE_EQ(scores[0].scores[1], 4 * scores[0].scores[0]);
  EXPECT_THAT(scores[0].error, IsEmpty());
  EXPECT_EQ(scores[1].error, "clip 1: its TA needs a prompt: prompts.tsv: no P001");
  EXPECT_THAT(scores[2].error, HasSubstr("clip 2: its TA needs a prompt: the clip has none"));
  EXPECT_TRUE(scores[2].has_scores());
  const Row row = rows_of(scores[2], {"MI", "TA"}).front();
  EXPECT_EQ(row.dump().find("null") == std::string::npos, false);
  EXPECT_THAT(csv_fields(row, {"path", "TA", "system"}), ElementsAre("clip 2", "", ""));
}

TEST(ScoreClips, OfNothingAreNothing) {
  EXPECT_THAT(score_clips(toy_predictor(true), std::span<const data::Clip>()), IsEmpty());
}

TEST(ScoreClips, ThatTheModelWasTrainedOnAreMarked) {
  const auto clips = noisy_clips(4);
  const auto predictor = toy_predictor(false, trained_on({clips[1], clips[3]}));
  const auto scores = score_clips(predictor, clips, {.encoding = {.threads = 3}, .windows = true});
  for (std::size_t i = 0; i < clips.size(); ++i) {
    EXPECT_EQ(scores[i].in_training, i == 1 || i == 3) << i;
    for (const Row& row : rows_of(scores[i], {"MI"}))
      EXPECT_EQ(row.value("in_training", false), scores[i].in_training) << i;
  }
  // The others' rows are those of a model that knows nothing of its training.
  const auto unknowing = score_clips(toy_predictor(false), clips);
  EXPECT_EQ(rows_of(score_clips(predictor, clips)[0], {"MI"}), rows_of(unknowing[0], {"MI"}));
  EXPECT_FALSE(unknowing[1].in_training);
  const data::Clip other = sound_clip(clips[1].sound->interleaved, "under another name");
  std::vector<float> changed = clips[1].sound->interleaved;
  changed.back() += 0.01F;
  const auto again = score_clips(predictor, std::vector{other, sound_clip(changed, "changed")});
  EXPECT_TRUE(again[0].in_training);
  EXPECT_FALSE(again[1].in_training);
}

TEST(ScoreClips, MarksHaveAColumnIfTheModelKnowsItsTraining) {
  const auto clips = noisy_clips(2);
  const auto columns = csv_columns(clips, {"MI"}, false, true);
  EXPECT_THAT(columns, ElementsAre("path", "system", "MI", "duration_seconds", "familiarity",
                                   "sample_rate_hz", "channels", "level_db", "in_training", "note", "error"));
  EXPECT_THAT(csv_columns(clips, {"MI"}, false), ::testing::Not(::testing::Contains("in_training")));
  const auto scores = score_clips(toy_predictor(false, trained_on({clips[1]})), clips);
  EXPECT_EQ(csv_fields(rows_of(scores[0], {"MI"}).front(), columns)[8], "");
  EXPECT_EQ(csv_fields(rows_of(scores[1], {"MI"}).front(), columns)[8], "true");
}

}  // namespace
}  // namespace qamro::scoring
