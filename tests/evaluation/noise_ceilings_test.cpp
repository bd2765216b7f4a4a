#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/data/ratings.h"
#include "qamro/evaluation/evaluate.h"
#include "qamro/evaluation/joined_tables.h"

namespace qamro::evaluation {
namespace {

TEST(NoiseCeilings, AreThoseOfEachAxisAndNeedRaters) {
  JoinedScores scores;
  scores.axes = {"PQ", "CE"};
  scores.labels = scores.predictions = {{0, 0, 0}, {0, 0, 0}};
  scores.raters = {{{1, 2}, {3, 4}, {2, 5}}, {{2, 2}, {1, 3}, {4}}};
  const auto ceilings = noise_ceilings(scores);
  ASSERT_EQ(ceilings.size(), 2U);
  EXPECT_EQ(ceilings[1].axis, "CE");
  EXPECT_EQ(ceilings[1].left_out, 1U);
  EXPECT_EQ(ceilings[0].utterance->ideal,
            statistics::noise_ceiling("PQ", {scores.raters[0]}).utterance->ideal);
  EXPECT_THROW(noise_ceilings(scores, {}, {"x"}), InvalidInput);
  scores.raters.clear();
  EXPECT_THROW(noise_ceilings(scores), InvalidInput);
}

// shared/data/noise_ceilings.json: computed by others, with other random numbers.
class PublishedCeilings : public ::testing::TestWithParam<std::pair<const char*, const char*>> {
 protected:
  void SetUp() override {
    const char* data = std::getenv("QAMRO_DATA");
    if (data == nullptr || !std::filesystem::exists(std::filesystem::path(data) / "noise_ceilings.json"))
      GTEST_SKIP() << "QAMRO_DATA has no noise_ceilings.json";
    folder_ = data;
    std::ifstream stream(folder_ / "noise_ceilings.json");
    wanted_ = nlohmann::json::parse(stream).at(GetParam().first);
  }

  // Both sides are means of 200 rounds: the tolerance is five standard errors of their difference.
  static void expect_summaries(const statistics::MetricSummaries& got, const nlohmann::json& want,
                               bool is_random) {
    for (const metrics::Metric m : metrics::kMetrics) {
      const double sd = want.at(title_of(m)).at("sd").get<double>();
      const double tolerance = 2e-6 + (is_random ? 5 * sd * std::sqrt(2 / 200.0) : 0.0);
      ASSERT_TRUE(got[m].mean) << title_of(m);
      EXPECT_NEAR(*got[m].mean, want.at(title_of(m)).at("mean").get<double>(), tolerance) << title_of(m);
      EXPECT_NEAR(*got[m].sd, sd, 2e-6 + (is_random ? 0.35 * sd : 0.0)) << title_of(m);
    }
  }

  // These follow from the halves: the tolerance is the halves' error times the slope of the map (below 2).
  static void expect_split(const statistics::SplitHalf& got, const nlohmann::json& want) {
    const nlohmann::json& halves = want.at("split_half_5v5");
    expect_summaries(got.halves, halves, true);
    const auto tolerance = [&](const char* name) {
      return 2e-6 + 10 * halves.at(name).at("sd").get<double>() * std::sqrt(2 / 200.0);
    };
    const nlohmann::json& panels = want.at("spearman_brown_10v10");
    EXPECT_NEAR(*got.panels.mse, panels.at("MSE_10v10").get<double>(), tolerance("MSE"));
    EXPECT_NEAR(*got.panels.lcc, panels.at("LCC").get<double>(), tolerance("LCC"));
    EXPECT_NEAR(*got.panels.srcc, panels.at("SRCC").get<double>(), tolerance("SRCC"));
    EXPECT_NEAR(*got.panels.ktau, panels.at("KTAU_via_greiner").get<double>(), tolerance("KTAU"));
    const nlohmann::json& ideal = want.at("ideal_closed_form");
    EXPECT_NEAR(*got.ideal.mse, ideal.at("MSE").get<double>(), tolerance("MSE"));
    EXPECT_NEAR(*got.ideal.lcc, ideal.at("LCC").get<double>(), tolerance("LCC"));
    EXPECT_NEAR(*got.ideal.srcc, ideal.at("SRCC_approx").get<double>(), tolerance("SRCC"));
    EXPECT_NEAR(*got.ideal.ktau, ideal.at("KTAU_approx").get<double>(), tolerance("KTAU"));
  }

  static void expect_level(const statistics::LevelCeiling& got, const nlohmann::json& want) {
    expect_split(got.split_each_clip, want.at("per_clip_random_split"));
    expect_split(*got.split_columns, want.at("fixed_column_split"));
    expect_summaries(got.ideal, want.at("ideal_predictor_sim"), true);
    expect_summaries(got.single_rater, want.at("leave_one_rater_out"), false);
  }

  std::filesystem::path folder_;
  nlohmann::json wanted_;
};

TEST_P(PublishedCeilings, AgreeWithinMonteCarloError) {
  const data::RatingTable labels = data::read_ratings(folder_ / "aes" / GetParam().second);
  JoinOptions join;
  join.part_column = labels.find_text_column("source") ? "source" : "";
  const JoinedScores scores = labels_alone(labels, join).scores;
  const statistics::CeilingOptions options{.seed = 3};
  const auto ceilings =
      noise_ceilings(scores, options, scores.systems.empty() ? scores.parts : scores.systems);
  ASSERT_EQ(ceilings.size(), 4U);
  for (const statistics::NoiseCeiling& got : ceilings) {
    SCOPED_TRACE(got.axis);
    const nlohmann::json& want = wanted_.at(got.axis);
    EXPECT_EQ(got.clips, want.at("n_clips").get<std::size_t>());
    EXPECT_EQ(got.raters, 10.0);
    EXPECT_NEAR(*got.icc_single, want.at("ICC1_single").get<double>(), 1e-6);
    EXPECT_NEAR(*got.icc_panel, want.at("ICC1_mean10").get<double>(), 1e-6);
    EXPECT_NEAR(*got.column_mean_variance_ratio, want.at("column_mean_var_ratio").get<double>(), 1e-6);
    EXPECT_NEAR(got.reliability_within, want.at("rel_within_group").get<double>(), 1e-6);
    EXPECT_NEAR(got.reliability_between, want.at("rel_between_group").get<double>(), 1e-6);
    expect_level(*got.utterance, want.at("utterance"));
    ASSERT_EQ(got.system.has_value(), want.contains("system"));
    if (got.system) expect_level(*got.system, want.at("system"));
  }
}

INSTANTIATE_TEST_SUITE_P(Aes, PublishedCeilings,
                         ::testing::Values(std::pair{"natural_speech", "AES_natural_speech.jsonl"},
                                           std::pair{"natural_music", "AES_natural_music.jsonl"},
                                           std::pair{"natural_sound", "AES_natural_sound.jsonl"},
                                           std::pair{"PAM", "AES_PAM.jsonl"},
                                           std::pair{"track2_eval",
                                                     "audiomos2025_track2_human_annotations.jsonl"}),
                         [](const auto& group) { return std::string(group.param.first); });

}  // namespace
}  // namespace qamro::evaluation
