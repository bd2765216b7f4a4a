#include "qamro/evaluation/clip_conditions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "qamro/evaluation/output/conditions_output.h"
#include "qamro/evaluation/output/text_table.h"

namespace qamro::evaluation {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr double kSilent = -std::numeric_limits<double>::infinity();

std::vector<ClipConditions> clips_with_levels(const std::vector<double>& levels) {
  std::vector<ClipConditions> clips;
  for (const double level : levels) clips.push_back({.level_db = level});
  return clips;
}

SystemConditions of(const std::string& system, const ClipConditions& clip) {
  return summarise_conditions(system, std::vector{clip});
}

TEST(FamiliarityCounts, TheGradesIncludeTheirLowerEnds) {
  FamiliarityCounts counts;
  for (const std::optional<double> familiarity :
       {std::optional(1.0), std::optional(0.5), std::optional(0.499), std::optional(0.1),
        std::optional(0.099), std::optional(0.0), std::optional<double>()})
    counts.add(familiarity);
  EXPECT_EQ(counts, (FamiliarityCounts{.known = 6, .a_little_unlike = 2, .far = 2}));
  EXPECT_TRUE(counts.any());
  EXPECT_FALSE(FamiliarityCounts{.known = 3}.any());
}

TEST(SummariseConditions, TakesMedians) {
  EXPECT_EQ(summarise_conditions("a", clips_with_levels({-10, -30, -20})).level_db, -20);
  EXPECT_EQ(summarise_conditions("a", clips_with_levels({-10, -30, -20, -24})).level_db, -22);
  EXPECT_EQ(summarise_conditions("a", clips_with_levels({-20, std::nan(""), -20})).level_db, -20);
  EXPECT_EQ(summarise_conditions("a", clips_with_levels({kSilent, kSilent, kSilent, -20})).level_db, kSilent);
  EXPECT_EQ(summarise_conditions("a", clips_with_levels({kSilent, -20})).level_db, kSilent);
  EXPECT_TRUE(std::isnan(summarise_conditions("a", {}).level_db));
}

TEST(SummariseConditions, ListsEachRateAndChannelCountOnce) {
  const auto summary = summarise_conditions(
      "a", std::vector<ClipConditions>{{.sample_rate_hz = 48000, .channels = 2},
                                       {.sample_rate_hz = 16000},
                                       {},
                                       {.familiarity = 0.0, .sample_rate_hz = 48000, .channels = 1}});
  EXPECT_EQ(summary.clips, 4U);
  EXPECT_THAT(summary.sample_rates_hz, ElementsAre(16000, 48000));
  EXPECT_THAT(summary.channels, ElementsAre(1, 2));
  EXPECT_EQ(summary.familiarity, (FamiliarityCounts{.known = 1, .far = 1}));
}

TEST(DifferingConditions, NamesTheSystems) {
  const std::vector systems = {
      of("a", {.sample_rate_hz = 16000, .channels = 1, .level_db = -20, .duration_seconds = 2}),
      of("b", {.sample_rate_hz = 32000, .channels = 1, .level_db = -28, .duration_seconds = 3}),
      of("c", {.sample_rate_hz = 16000, .channels = 2, .level_db = -24, .duration_seconds = 5})};
  EXPECT_THAT(
      differing_conditions(systems),
      ElementsAre("sample rate: 16 kHz (a, c), 32 kHz (b)", "channels: 1 (a, b), 2 (c)",
                  "median level: from b -28.0 dB to a -20.0 dB", "median length: from a 2.0 s to c 5.0 s"));
}

TEST(DifferingConditions, SaysNothingUpToTheBounds) {
  EXPECT_THAT(differing_conditions(std::vector{of("a", {.level_db = -20, .duration_seconds = 2}),
                                               of("b", {.level_db = -26, .duration_seconds = 4})}),
              IsEmpty());
  EXPECT_THAT(differing_conditions(std::vector{of("a", {.level_db = -20}), of("b", {.level_db = -26.01})}),
              ElementsAre(HasSubstr("median level")));
  EXPECT_THAT(
      differing_conditions(std::vector{of("a", {.duration_seconds = 2}), of("b", {.duration_seconds = 4.1})}),
      ElementsAre(HasSubstr("median length")));
}

TEST(DifferingConditions, SaysNothingOfOneSystemOrOfWhatIsNotKnown) {
  EXPECT_THAT(differing_conditions({}), IsEmpty());
  const ClipConditions known = {
      .sample_rate_hz = 8000, .channels = 2, .level_db = -60, .duration_seconds = 9};
  EXPECT_THAT(differing_conditions(std::vector{of("a", known)}), IsEmpty());
  EXPECT_THAT(differing_conditions(std::vector{of("a", known), of("b", {})}), IsEmpty());
  EXPECT_THAT(differing_conditions(std::vector{of("a", known), of("b", known)}), IsEmpty());
}

TEST(DifferingConditions, KnowsSilence) {
  EXPECT_THAT(differing_conditions(std::vector{of("a", {.level_db = -20}), of("b", {.level_db = kSilent})}),
              ElementsAre("median level: from b silent to a -20.0 dB"));
  EXPECT_THAT(
      differing_conditions(std::vector{of("a", {.level_db = kSilent}), of("b", {.level_db = kSilent})}),
      IsEmpty());
}

TEST(DifferingConditions, ASystemMayHaveSeveralRates) {
  const auto mixed = summarise_conditions(
      "b", std::vector<ClipConditions>{{.sample_rate_hz = 48000}, {.sample_rate_hz = 22050}});
  EXPECT_THAT(differing_conditions(std::vector{of("a", {.sample_rate_hz = 16000}), mixed}),
              ElementsAre("sample rate: 16 kHz (a), 22.05 and 48 kHz (b)"));
  EXPECT_THAT(differing_conditions(std::vector{mixed, mixed}), IsEmpty());
}

std::vector<SystemConditions> drums_and_speech() {
  const std::vector<ClipConditions> speech(3, {.familiarity = 0.9, .sample_rate_hz = 16000});
  const std::vector<ClipConditions> drums = {{.familiarity = 0.0, .sample_rate_hz = 44100},
                                             {.familiarity = 0.05}};
  const std::vector<ClipConditions> espeak = {{.familiarity = 0.4}, {.familiarity = 0.6}};
  return {summarise_conditions("drums", drums), summarise_conditions("espeak", espeak),
          summarise_conditions("speech", speech)};
}

TEST(ConditionsText, CountsBySystemAndInAll) {
  const std::string text = render_conditions(drums_and_speech());
  EXPECT_THAT(text,
              AllOf(HasSubstr("2 of 2"), HasSubstr("1 of 2"), HasSubstr("all systems"), HasSubstr("2 of 7"),
                    HasSubstr("1 of 7"), HasSubstr("sample rate: 16 kHz (speech), 44.1 kHz (drums)")));
  EXPECT_THAT(text, Not(HasSubstr("\nspeech"))) << "it has nothing to tell";
  EXPECT_THAT(text, ::testing::EndsWith("\n\n"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(text_width(line), 80U) << line;
  EXPECT_EQ(render_conditions({}), "");
  EXPECT_EQ(render_conditions(std::vector{drums_and_speech()[2]}), "");
}

TEST(ConditionsText, InOneLine) {
  EXPECT_EQ(
      conditions_line(drums_and_speech()),
      "2 of 2 clips of drums are far from the speech that the model was fitted on; 1 of 2 clips of espeak are a "
      "little unlike the speech that the model was fitted on; not the same sample rate: 16 kHz (speech), 44.1 "
      "kHz (drums)");
  EXPECT_EQ(conditions_line({}), "");
}

TEST(ConditionsText, TheGradesHaveWordsOfTheirOwn) {
  EXPECT_EQ(unfamiliar_text({.known = 9, .a_little_unlike = 3, .far = 2}),
            "2 far from the speech it was fitted on, 3 a little unlike it");
  EXPECT_EQ(unfamiliar_text({.known = 9, .a_little_unlike = 3}),
            "3 a little unlike the speech it was fitted on");
  EXPECT_EQ(unfamiliar_text({.known = 9, .far = 1}), "1 far from the speech it was fitted on");
  EXPECT_EQ(unfamiliar_text({.known = 9}), "");
}

TEST(ConditionsJson, HasEveryNumber) {
  const auto json = conditions_json(drums_and_speech());
  EXPECT_EQ(json.at("familiarity"), familiarity_json({.known = 7, .a_little_unlike = 1, .far = 2}));
  EXPECT_EQ(json.at("differing").size(), 1U);
  EXPECT_EQ(json.at("systems").at(0).at("system"), "drums");
  EXPECT_EQ(json.at("systems").at(0).at("familiarity").at("far"), 2);
  EXPECT_EQ(json.at("systems").at(0).at("sample_rates_hz"), nlohmann::ordered_json::array({44100}));
  EXPECT_TRUE(json.at("systems").at(0).at("level_db").is_null());
}

}  // namespace
}  // namespace qamro::evaluation
