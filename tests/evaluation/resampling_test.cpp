#include "qamro/statistics/resampling.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <cmath>
#include <numeric>

#include "qamro/core/error.h"
#include "qamro/evaluation/evaluation_sample.h"
#include "qamro/statistics/numbers.h"

namespace qamro::evaluation {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

// Systems of several sizes, in mixed order; labels with ties, some missing; 0 to 4 raters per clip.
JoinedScores mixed(std::uint64_t seed) {
  Random random(seed);
  JoinedScores scores;
  scores.axes = {"MI", "TA"};
  scores.labels.resize(2);
  scores.predictions.resize(2);
  scores.raters.resize(2);
  for (int clip = 0; clip < 120; ++clip) {
    scores.systems.push_back(fmt::format("s{}", random.below(random.below(12) + 1)));
    scores.groups.push_back(fmt::format("g{}", random.below(9)));
    for (std::size_t axis = 0; axis < 2; ++axis) {
      // Means of 1, 2 and 4 ratings are exact, so that systems tie in whatever order their clips are added.
      std::vector<double> raters(std::array<std::size_t, 4>{0, 1, 2, 4}[random.below(4)]);
      for (double& rating : raters) rating = static_cast<double>(1 + random.below(5));
      const double label = raters.empty() ? static_cast<double>(random.below(5))
                                          : std::accumulate(raters.begin(), raters.end(), 0.0) /
                                                static_cast<double>(raters.size());
      if (raters.size() == 2 && random.below(5) == 0) raters[1] = statistics::kUndefined;
      scores.labels[axis].push_back(random.below(15) == 0 ? statistics::kUndefined : label);
      scores.predictions[axis].push_back(random.below(15) == 0
                                             ? statistics::kUndefined
                                             : 0.5 * static_cast<double>(random.below(9)) + 0.25 * label);
      scores.raters[axis].push_back(std::move(raters));
    }
  }
  return scores;
}

// A resample written out clip by clip, as its definition says.
struct Written {
  statistics::Pairs clips;
  statistics::Pairs systems;
};

Written written_out(const JoinedScores& scores, const statistics::SampleLayout& layout,
                    const statistics::Resample& resample, std::size_t axis) {
  Written result;
  std::size_t slot = 0;
  std::size_t draw = 0;
  for (const std::uint32_t system : resample.systems) {
    double prediction_sum = 0;
    double label_sum = 0;
    double n = 0;
    for (const std::uint32_t clip : layout.clips_of(system)) {
      for (std::uint32_t time = 0; time < resample.system_times[slot]; ++time) {
        double label = scores.labels[axis][clip];
        const auto& raters = scores.raters[axis][clip];
        if (!resample.rater_draws.empty() && !raters.empty()) {
          double sum = 0;
          double said = 0;
          for (std::size_t r = 0; r < raters.size(); ++r) {
            const double u = resample.rater_draws[draw + r] * 0x1.0p-32;
            const double rating = raters[static_cast<std::size_t>(u * static_cast<double>(raters.size()))];
            if (std::isnan(rating)) continue;
            sum += rating;
            said += 1;
          }
          if (!std::isnan(scores.labels[axis][clip])) label = said > 0 ? sum / said : statistics::kUndefined;
        }
        if (!resample.rater_draws.empty()) draw += layout.raters[clip];
        const double prediction = scores.predictions[axis][clip];
        if (std::isnan(label) || std::isnan(prediction)) continue;
        result.clips.prediction.push_back(prediction);
        result.clips.label.push_back(label);
        prediction_sum += prediction;
        label_sum += label;
        n += 1;
      }
      ++slot;
    }
    if (n == 0) continue;
    result.systems.prediction.push_back(prediction_sum / n);
    result.systems.label.push_back(label_sum / n);
  }
  return result;
}

void expect_near(const metrics::PerMetric<double>& got, const metrics::PerMetric<double>& want) {
  for (const metrics::Metric m : metrics::kMetrics) {
    ASSERT_EQ(std::isnan(got[m]), std::isnan(want[m])) << name_of(m);
    if (!std::isnan(want[m])) {
      EXPECT_NEAR(got[m], want[m], 1e-11) << name_of(m);
    }
  }
}

struct Case {
  statistics::ResamplingUnit unit;
  bool raters;
};

class AllUnits : public ::testing::TestWithParam<Case> {};

TEST_P(AllUnits, MetricsAreThoseOfTheResampleWrittenOut) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const JoinedScores scores = mixed(seed);
    const EvaluationSample sample(scores, std::nullopt, std::nullopt);
    Random random(seed);
    statistics::Resample resample;
    statistics::AxisResamples::Scratch scratch;
    for (const bool system_level : {false, true}) {
      const statistics::ResamplingScheme scheme =
          system_level ? statistics::system_scheme(GetParam().unit, GetParam().raters)
                       : statistics::utterance_scheme(GetParam().unit, GetParam().raters);
      draw(sample.layout(), scheme, random, resample);
      EXPECT_EQ(resample.rater_draws.empty(), !GetParam().raters);
      for (std::size_t axis = 0; axis < 2; ++axis) {
        const Written all = written_out(scores, sample.layout(), resample, axis);
        const statistics::Pairs& pairs = system_level ? all.systems : all.clips;
        expect_near(system_level ? sample.axes()[axis].system_metrics(resample, scratch)
                                 : sample.axes()[axis].utterance_metrics(resample, scratch),
                    metrics::numbers_of(metrics::all_metrics(pairs.prediction, pairs.label)));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Units, AllUnits,
                         ::testing::Values(Case{statistics::ResamplingUnit::kPoints, false},
                                           Case{statistics::ResamplingUnit::kPoints, true},
                                           Case{statistics::ResamplingUnit::kClips, false},
                                           Case{statistics::ResamplingUnit::kClips, true},
                                           Case{statistics::ResamplingUnit::kSystems, false},
                                           Case{statistics::ResamplingUnit::kSystems, true},
                                           Case{statistics::ResamplingUnit::kSystemsAndClips, false},
                                           Case{statistics::ResamplingUnit::kSystemsAndClips, true},
                                           Case{statistics::ResamplingUnit::kGroups, false},
                                           Case{statistics::ResamplingUnit::kGroups, true},
                                           Case{statistics::ResamplingUnit::kNone, true}));

class Draws : public ::testing::Test {
 protected:
  statistics::Resample drawn(const statistics::ResamplingScheme& scheme, std::uint64_t seed) {
    Random random(seed);
    statistics::Resample resample;
    draw(layout_, scheme, random, resample);
    return resample;
  }

  const std::vector<std::string> systems_ = {"b", "a", "b", "b", "a", "c"};
  const std::vector<std::string> groups_ = {"x", "y", "y", "x", "y", "x"};
  statistics::SampleLayout layout_ = statistics::sample_layout(6, systems_, groups_);
};

TEST_F(Draws, LayoutIsInTheOrderOfFirstClips) {
  EXPECT_THAT(layout_.system_names, ElementsAre("b", "a", "c"));
  EXPECT_THAT(layout_.clips_of(0), ElementsAre(0, 2, 3));
  EXPECT_THAT(layout_.clips_of(1), ElementsAre(1, 4));
  EXPECT_EQ(layout_.groups, 2U);
}

TEST_F(Draws, SystemsComeWhole) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const statistics::Resample resample = drawn({true, statistics::ClipDraw::kNone, false}, seed);
    EXPECT_EQ(resample.systems.size(), 3U);
    EXPECT_THAT(resample.system_times, Each(1U));
    EXPECT_EQ(resample.times[0], resample.times[2]);
    EXPECT_EQ(resample.times[1], resample.times[4]);
  }
}

TEST_F(Draws, ClipsStayWithinTheirSystems) {
  bool any_twice = false;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const statistics::Resample resample = drawn({false, statistics::ClipDraw::kWithinSystems, false}, seed);
    EXPECT_THAT(resample.systems, ElementsAre(0, 1, 2));
    EXPECT_EQ(resample.times[0] + resample.times[2] + resample.times[3], 3U);
    EXPECT_EQ(resample.times[1] + resample.times[4], 2U);
    EXPECT_EQ(resample.times[5], 1U);
    any_twice |= resample.times[1] == 2;
  }
  EXPECT_TRUE(any_twice);
}

TEST_F(Draws, ASystemDrawnTwiceDrawsItsClipsTwice) {
  bool differ = false;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const statistics::Resample resample = drawn({true, statistics::ClipDraw::kWithinSystems, false}, seed);
    if (resample.systems[0] == 0 && resample.systems[1] == 0)
      differ |= !std::equal(resample.system_times.begin(), resample.system_times.begin() + 3,
                            resample.system_times.begin() + 3);
  }
  EXPECT_TRUE(differ);
}

TEST_F(Draws, GroupsComeWhole) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const statistics::Resample resample = drawn({false, statistics::ClipDraw::kByGroup, false}, seed);
    EXPECT_EQ(resample.times[0], resample.times[3]);
    EXPECT_EQ(resample.times[0] + resample.times[1], 2U);
  }
}

TEST_F(Draws, EveryUnitIsDrawnEquallyOften) {
  std::vector<double> times(6);
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    const statistics::Resample resample = drawn({false, statistics::ClipDraw::kOverall, false}, seed);
    for (std::size_t clip = 0; clip < 6; ++clip) times[clip] += resample.times[clip];
  }
  for (const double total : times) EXPECT_NEAR(total / 4000, 1.0, 0.07);
}

TEST(EvaluateRaters, NeedRatings) {
  JoinedScores scores = mixed(1);
  EXPECT_NO_THROW(evaluate(scores, {.raters = true, .bootstrap = {.resamples = 10}}));
  scores.raters.clear();
  EXPECT_THROW(evaluate(scores, {.raters = true, .bootstrap = {.resamples = 10}}), InvalidInput);
}

}  // namespace
}  // namespace qamro::evaluation
