#include "qamro/scoring/system_conditions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "io/temporary_folder.h"
#include "qamro/scoring/score_sink.h"

namespace qamro::scoring {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kSilent = -std::numeric_limits<double>::infinity();

ClipScores scored(const std::string& path, std::optional<std::string> system,
                  std::optional<double> familiarity, double level_db) {
  ClipScores scores;
  scores.clip.path_as_given = path;
  scores.clip.system = std::move(system);
  scores.scores = {3};
  scores.familiarity = familiarity;
  scores.duration_seconds = 2.5;
  scores.sound = {44100, 2, level_db};
  return scores;
}

std::string rows_text(const std::string& format, const std::vector<ClipScores>& clips) {
  std::vector<data::Clip> planned;
  for (const ClipScores& scores : clips) planned.push_back(scores.clip);
  std::ostringstream stream;
  const bool windows = !clips.front().windows.empty();
  const auto sink = open_format(format, stream, {{"mos"}, planned, windows});
  for (const ClipScores& scores : clips) sink->write(scores);
  return stream.str();
}

class WrittenConditions : public ::testing::TestWithParam<const char*> {
 protected:
  std::vector<SystemScoreSets> read_back(const std::vector<ClipScores>& clips) const {
    const auto file = folder_.write(std::string("rows.") + GetParam(), rows_text(GetParam(), clips));
    return systems_of_file(file.string());
  }
  testing::TemporaryFolder folder_;
};

TEST_P(WrittenConditions, AreReadBack) {
  ClipScores broken = scored("d.wav", "b", 0.5, -1);
  broken.scores.clear();
  broken.error = "broken";
  const auto systems =
      read_back({scored("a.wav", "a", 0.25, -20.5), scored("b.wav", "a", std::nullopt, kSilent),
                 scored("c.wav", "b", 0.0, -3), broken});
  ASSERT_THAT(systems, SizeIs(2));
  EXPECT_EQ(systems[0].axes.size(), 1U) << "no column of these is an axis";
  ASSERT_THAT(systems[0].conditions, SizeIs(2));
  const evaluation::ClipConditions& first = systems[0].conditions[0];
  EXPECT_EQ(first.familiarity, 0.25);
  EXPECT_EQ(first.sample_rate_hz, 44100);
  EXPECT_EQ(first.channels, 2);
  EXPECT_EQ(first.level_db, -20.5);
  EXPECT_EQ(first.duration_seconds, 2.5);
  EXPECT_FALSE(systems[0].conditions[1].familiarity);
  EXPECT_EQ(systems[0].conditions[1].level_db, kSilent);
  EXPECT_THAT(systems[1].conditions, SizeIs(1)) << "a clip without a score has no conditions";
  EXPECT_EQ(systems[1].conditions[0].familiarity, 0.0);
}

TEST_P(WrittenConditions, OfWindowsHaveNoLevel) {
  ClipScores clip = scored("a.wav", "a", 0.9, -20);
  clip.windows = {{0, 1, 1, {3}, 0.75}};
  const auto systems = read_back({clip});
  ASSERT_THAT(systems.at(0).conditions, SizeIs(1));
  EXPECT_EQ(systems[0].conditions[0].familiarity, 0.75) << "the window's own";
  EXPECT_EQ(systems[0].conditions[0].sample_rate_hz, 44100);
  EXPECT_TRUE(std::isnan(systems[0].conditions[0].level_db)) << "not known, and not silence";
}

INSTANTIATE_TEST_SUITE_P(Formats, WrittenConditions, ::testing::Values("jsonl", "csv"));

TEST(PublishedFormats, KeepTheirColumns) {
  ClipScores clip = scored("S001_P001.wav", "S001", 0.25, -20);
  clip.scores = {3, 4};
  std::ostringstream answer;
  open_format("answer", answer, {{"MI", "TA"}, std::span(&clip.clip, 1), false})->write(clip);
  EXPECT_EQ(answer.str(), "S001_P001,3,4\n");
  clip.scores = {1, 2, 3, 4};
  std::ostringstream aes;
  open_format("audio-aes", aes, {{"CE", "CU", "PC", "PQ"}, std::span(&clip.clip, 1), false})->write(clip);
  EXPECT_EQ(aes.str(), "{\"CE\": 1.0, \"CU\": 2.0, \"PC\": 3.0, \"PQ\": 4.0}\n");
}

TEST(CsvColumns, ConditionsStandBetweenTheOldColumns) {
  EXPECT_THAT(csv_columns({}, {"mos"}, false),
              ElementsAre("path", "system", "mos", "duration_seconds", "familiarity", "sample_rate_hz",
                          "channels", "level_db", "note", "error"));
}

TEST(ConditionsOfRows, WhatIsNotThereOrNoNumberIsNotKnown) {
  const testing::TemporaryFolder folder;
  const auto file =
      folder.write("old.csv", "path,system,mos,familiarity,sample_rate_hz\na,a,3,often,\nb,a,2,7,-3\n");
  const auto systems = systems_of_file(file.string());
  for (const evaluation::ClipConditions& clip : systems.at(0).conditions) {
    EXPECT_FALSE(clip.familiarity);
    EXPECT_EQ(clip.sample_rate_hz, 0);
    EXPECT_EQ(clip.channels, 0);
    EXPECT_TRUE(std::isnan(clip.level_db));
    EXPECT_TRUE(std::isnan(clip.duration_seconds));
  }
}

TEST(ConditionsBySystem, LeaveOutClipsWithoutSystemOrScore) {
  ConditionsBySystem conditions;
  add_to_conditions(conditions, scored("a.wav", std::nullopt, 0.1, 0));
  ClipScores broken = scored("b.wav", "b", 0.1, 0);
  broken.scores = {std::nan("")};
  add_to_conditions(conditions, broken);
  EXPECT_THAT(summarise_conditions(conditions), IsEmpty());
  add_to_conditions(conditions, scored("c.wav", "c", 0.1, 0));
  ASSERT_THAT(summarise_conditions(conditions), SizeIs(1));
  EXPECT_EQ(summarise_conditions(conditions)[0].familiarity.a_little_unlike, 1U);
}

}  // namespace
}  // namespace qamro::scoring
