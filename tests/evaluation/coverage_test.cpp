// How often 95 % intervals contain the truth, in data whose truth is known: bivariate normal scores, for
// which Pearson's, Spearman's and Kendall's correlations follow from one rho.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "qamro/evaluation/evaluate.h"
#include "statistics/normal_numbers.h"

namespace qamro::evaluation {
namespace {

using testing::normal;

metrics::PerMetric<double> truth_of(double mse, double rho) {
  return {mse, rho, 6 / std::numbers::pi * std::asin(rho / 2), 2 / std::numbers::pi * std::asin(rho)};
}

// Shares of data sets whose intervals contain the truth.
template <typename MakeData>
metrics::PerMetric<double> coverage(int data_sets, const metrics::PerMetric<double>& truth, bool system_level,
                                    EvaluationOptions options, const MakeData& make_data) {
  options.utterance_level = !system_level;
  options.system_level = system_level;
  metrics::PerMetric<double> held;
  for (int i = 0; i < data_sets; ++i) {
    Random random(derive_seed(1, "coverage", static_cast<std::uint64_t>(i)));
    options.bootstrap.seed = random.next();
    const Evaluation result = evaluate(make_data(random), options);
    const auto& axis = result.axes[0];
    const LevelMetrics& level = *(system_level ? axis.system : axis.utterance);
    for (const metrics::Metric m : metrics::kMetrics)
      if (level[m].bootstrap.interval && level[m].bootstrap.interval->contains(truth[m]))
        held[m] += 1.0 / data_sets;
  }
  return held;
}

void expect_covered(const metrics::PerMetric<double>& shares) {
  for (const metrics::Metric m : metrics::kMetrics) {
    ::testing::Test::RecordProperty(name_of(m), fmt::format("{:.4f}", shares[m]));
    EXPECT_GE(shares[m], 0.93) << name_of(m);
    EXPECT_LE(shares[m], 0.97) << name_of(m);
  }
}

// label ~ N(0, 1); prediction = label + N(0, 1) * error.
JoinedScores clips(std::size_t n, double error, Random& random) {
  JoinedScores scores;
  scores.axes = {"mos"};
  scores.labels.resize(1);
  scores.predictions.resize(1);
  for (std::size_t i = 0; i < n; ++i) {
    scores.labels[0].push_back(normal(random));
    scores.predictions[0].push_back(scores.labels[0].back() + error * normal(random));
  }
  return scores;
}

TEST(Coverage, UtteranceMetrics) {
  const double error = 0.75;
  const auto truth = truth_of(error * error, 1 / std::sqrt(1 + error * error));
  expect_covered(coverage(1000, truth, false, {.bootstrap = {.resamples = 300, .threads = 2}},
                          [&](Random& random) { return clips(200, error, random); }));
}

// A system's quality ~ N(0, 1); the labels and predictions of its clips scatter around it.
JoinedScores systems_and_clips(std::size_t systems, std::size_t clips_each, double system_error,
                               double clip_noise, Random& random) {
  JoinedScores scores;
  scores.axes = {"mos"};
  scores.labels.resize(1);
  scores.predictions.resize(1);
  for (std::size_t system = 0; system < systems; ++system) {
    const double quality = normal(random);
    const double predicted = quality + system_error * normal(random);
    for (std::size_t clip = 0; clip < clips_each; ++clip) {
      scores.systems.push_back(fmt::format("s{}", system));
      scores.labels[0].push_back(quality + clip_noise * normal(random));
      scores.predictions[0].push_back(predicted + clip_noise * normal(random));
    }
  }
  return scores;
}

TEST(Coverage, SystemMetricsOfThirtySystems) {
  constexpr double kSystemError = 0.6;
  constexpr double kClipNoise = 0.4;
  constexpr std::size_t kClips = 3;
  const double noise = kClipNoise * kClipNoise / kClips;
  const double mse = kSystemError * kSystemError + 2 * noise;
  const double rho = 1 / std::sqrt((1 + noise) * (1 + kSystemError * kSystemError + noise));
  expect_covered(coverage(
      1000, truth_of(mse, rho), true, {.bootstrap = {.resamples = 300, .threads = 2}},
      [&](Random& random) { return systems_and_clips(30, kClips, kSystemError, kClipNoise, random); }));
}

}  // namespace
}  // namespace qamro::evaluation
