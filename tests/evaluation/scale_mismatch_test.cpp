#include "qamro/evaluation/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "qamro/core/random.h"
#include "qamro/evaluation/output/results_json.h"
#include "qamro/evaluation/output/results_text.h"

namespace qamro::evaluation {
namespace {

using ::testing::HasSubstr;
using Values = std::vector<double>;

// `from` to `to`, evenly.
Values even(double from, double to, int n = 21) {
  Values values;
  for (int i = 0; i < n; ++i) values.push_back(from + (to - from) * i / (n - 1));
  return values;
}

TEST(ScaleMismatch, MushraBesideMos) {
  const auto found = find_scale_mismatch(even(20, 100), even(1.5, 4.5));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->labels.low, 20);
  EXPECT_EQ(found->labels.high, 100);
  EXPECT_EQ(found->scores.low, 1.5);
  EXPECT_THAT(describe(*found), HasSubstr("labels lie between 20 and 100, scores between 1.5 and 4.5"));
  EXPECT_TRUE(find_scale_mismatch(even(0, 100), even(1, 5))) << "although the scores are inside";
  EXPECT_TRUE(find_scale_mismatch(even(1, 5), even(20, 100))) << "the other way round";
  EXPECT_TRUE(find_scale_mismatch(even(1, 5), even(0, 0.9)));
}

TEST(ScaleMismatch, BadPredictorsOnTheSameScaleAreNone) {
  EXPECT_FALSE(find_scale_mismatch(even(1, 5), even(5, 1))) << "upside down";
  EXPECT_FALSE(find_scale_mismatch(even(1, 5), Values(21, 3.0))) << "constant";
  EXPECT_FALSE(find_scale_mismatch(even(1, 5), even(2.6, 3.2))) << "shrunk to the mean";
  EXPECT_FALSE(find_scale_mismatch(even(1, 5), even(0.5, 5.4)));
  Random random(7);
  for (int trial = 0; trial < 200; ++trial) {
    Values labels, scores;
    for (int i = 0; i < 30; ++i) {
      labels.push_back(1 + 4 * random.uniform());
      scores.push_back(1 + 4 * random.uniform());
    }
    EXPECT_FALSE(find_scale_mismatch(labels, scores));
  }
}

TEST(ScaleMismatch, NothingIsSaidOfTooLittle) {
  EXPECT_FALSE(find_scale_mismatch({}, {}));
  EXPECT_FALSE(find_scale_mismatch(Values{50, 60}, Values{1, 2}));
  EXPECT_FALSE(find_scale_mismatch(Values{3, 3, 3}, Values{1, 2, 2})) << "labels without a spread";
  EXPECT_FALSE(find_scale_mismatch(Values{50, 60, std::nan("")}, Values{1, 2, 3})) << "two pairs";
}

TEST(ScaleMismatch, IsInTextAndJsonOfAnEvaluation) {
  EvaluationOptions options;
  options.system_level = false;
  options.bootstrap.resamples = 0;
  const Evaluation mixed =
      evaluate({{"mos", "other"}, {even(20, 100), even(1, 5)}, {even(1, 5), even(1, 5)}, {}, {}}, options);
  const auto json = evaluation_json(mixed);
  EXPECT_EQ(json["scale_mismatch"]["mos"]["labels"], (Values{20, 100}));
  EXPECT_EQ(json["scale_mismatch"]["mos"]["predictions"], (Values{1, 5}));
  EXPECT_FALSE(json["scale_mismatch"].contains("other"));
  EXPECT_THAT(render_evaluation(mixed), HasSubstr("Note: mos: labels lie between 20 and 100"));
  const Evaluation same = evaluate({{"mos"}, {even(1, 5)}, {even(1, 5)}, {}, {}}, options);
  EXPECT_FALSE(evaluation_json(same).contains("scale_mismatch"));
}

}  // namespace
}  // namespace qamro::evaluation
