#include "qamro/scoring/system_scores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "audio/sound_file.h"
#include "scoring/toy_predictor.h"
#include "training/synthetic_data.h"

namespace qamro::scoring {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using training::message_of;
using training::TemporaryFolder;

constexpr double kNoScore = std::numeric_limits<double>::quiet_NaN();

ClipScores clip_scores(const std::string& path, std::vector<double> scores, const std::string& error = "") {
  ClipScores result;
  result.clip.path_as_given = path;
  result.scores = std::move(scores);
  result.error = error;
  return result;
}

TEST(SystemOfClips, HasAnItemPerClipAndNamesFailures) {
  const auto system = system_of_clips(
      {clip_scores("x/a.wav", {1, 2}), clip_scores("x/b.wav", {}, "broken"), clip_scores("x/c.wav", {3, 4})},
      {"MI", "TA"});
  EXPECT_EQ(system.clips, 3U);
  EXPECT_THAT(system.failures, ElementsAre("x/b.wav: broken"));
  EXPECT_THAT(system.axes.at("TA").scores, ElementsAre(2, 4));
  EXPECT_THAT(system.axes.at("TA").items, ElementsAre("a", "c"));
}

TEST(SystemOfClips, WithTheSameNamesCannotBeMatched) {
  const auto system = system_of_clips({clip_scores("x/a.wav", {1}), clip_scores("y/a.wav", {2})}, {"mos"});
  EXPECT_THAT(system.axes.at("mos").items, IsEmpty());
  EXPECT_THAT(system.axes.at("mos").scores, ElementsAre(1, 2));
}

TEST(SystemOfClips, AMissingPromptIsAFailureOnlyBesideOthersThatHaveOne) {
  std::vector<ClipScores> clips = {clip_scores("a.wav", {1, kNoScore}, "a.wav: needs a prompt"),
                                   clip_scores("b.wav", {1, 2})};
  EXPECT_THAT(system_of_clips(clips, {"MI", "TA"}).failures, IsEmpty());
  clips[1].clip.prompt = "a song";
  const auto system = system_of_clips(clips, {"MI", "TA"});
  EXPECT_THAT(system.failures, ElementsAre("a.wav: needs a prompt"));
  EXPECT_THAT(system.axes.at("TA").scores, ElementsAre(2));
}

TEST(SystemOfClips, KnowsWhetherAllFailed) {
  const std::vector<ClipScores> clips = {clip_scores("a.wav", {}, "broken"), clip_scores("b.wav", {1})};
  EXPECT_FALSE(system_of_clips(clips, {"mos"}).all_failed());
  EXPECT_TRUE(system_of_clips({clips[0]}, {"mos"}).all_failed());
  EXPECT_TRUE(system_of_clips({}, {"mos"}).all_failed());
}

TEST(ScoreSystem, IsTheSystemOfTheScoresOfItsClips) {
  const models::Predictor predictor = toy_predictor(true);
  std::vector<data::Clip> clips(3);
  for (std::size_t i = 0; i < clips.size(); ++i) {
    clips[i].path_as_given = "x/" + std::to_string(i) + ".wav";
    const auto samples = i == 1 ? std::vector<float>() : test::noise(20'000, i, 0.2F);
    clips[i].sound = std::make_shared<audio::SoundInMemory>(audio::SoundInMemory{samples, 1, kToyRate});
  }
  int heard = 0;
  const auto bare = score_system(predictor, clips, {}, [&] { ++heard; });
  EXPECT_EQ(heard, 3);
  EXPECT_EQ(bare.clips, 3U);
  EXPECT_EQ(bare.failures.size(), 1U);
  EXPECT_FALSE(bare.has_prompts);
  EXPECT_THAT(bare.axes.at("MI").items, ElementsAre("0", "2"));
  EXPECT_FALSE(bare.axes.contains("TA"));
  clips[2].prompt = "a song";
  const auto prompted = score_system(predictor, clips, {});
  EXPECT_TRUE(prompted.has_prompts);
  EXPECT_THAT(prompted.axes.at("TA").items, ElementsAre("2"));
  EXPECT_EQ(prompted.failures.size(), 2U);
}

TEST(AddToRanking, TakesFiniteScoresOfClipsWithASystem) {
  ScoresByAxis ranking;
  ClipScores with_system = clip_scores("x/a.wav", {1, kNoScore});
  with_system.clip.system = "s";
  add_to_ranking(ranking, with_system, {"MI", "TA"});
  add_to_ranking(ranking, clip_scores("b.wav", {1, 2}), {"MI", "TA"});
  ASSERT_EQ(ranking.size(), 1U);
  EXPECT_THAT(ranking.at("MI").items, ElementsAre("a"));
  EXPECT_THAT(ranking.at("MI").systems, ElementsAre("s"));
}

TEST(SystemsOfFile, FollowTheFilesOrder) {
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "scores.csv").string();
  std::ofstream(file) << "path,system,mos\nz/1.wav,z,1\na/1.wav,a,2\nz/2.wav,z,3\n";
  const auto systems = systems_of_file(file);
  ASSERT_EQ(systems.size(), 2U);
  EXPECT_EQ(systems[0].name, "z");
  EXPECT_THAT(systems[0].axes.at("mos").scores, ElementsAre(1, 3));
  EXPECT_EQ(system_of_file(file).clips, 3U);
}

TEST(CommonAxes, AreThoseOfAllOrThoseWanted) {
  const auto both = system_of_clips({clip_scores("a.wav", {1, 2})}, {"MI", "TA"});
  const auto one = system_of_clips({clip_scores("a.wav", {1})}, {"TA"});
  const auto other = system_of_clips({clip_scores("a.wav", {1})}, {"CE"});
  EXPECT_THAT(common_axes({&both, &one}, {}), ElementsAre("TA"));
  EXPECT_THAT(common_axes({&both}, {"MI"}), ElementsAre("MI"));
  EXPECT_THAT(message_of([&] { common_axes({&both, &one}, {"MI"}); }), HasSubstr("an axis 'MI', got none"));
  EXPECT_THAT(message_of([&] { common_axes({&both, &other}, {}); }), HasSubstr("a common axis, got none"));
}

TEST(SystemScores, CountTheClipsThatTheModelWasTrainedOn) {
  std::vector<ClipScores> clips = {clip_scores("a.wav", {1}), clip_scores("b.wav", {2}),
                                   clip_scores("c.wav", {3})};
  clips[0].in_training = clips[2].in_training = true;
  SystemScoreSets trained = system_of_clips(clips, {"mos"});
  trained.name = "trained";
  EXPECT_EQ(trained.in_training, 2U);
  TemporaryFolder folder;
  const auto file = folder.path() / "scores.csv";
  std::ofstream(file) << "path,system,mos,in_training,error\na,x,1,true,\nb,x,2,,\nc,y,3,,\nd,y,,,broken\n";
  EXPECT_EQ(system_of_file(file).in_training, 1U);
  const auto systems = systems_of_file(file);
  const data::SeenClips seen = seen_clips({&trained, &systems[0], &systems[1]});
  EXPECT_EQ(seen.seen, 3U);
  EXPECT_EQ(seen.clips, 7U);
  EXPECT_EQ(seen.describe_systems(), "trained on 2 of 3 clips of trained, 1 of 2 of x");
}

}  // namespace
}  // namespace qamro::scoring
