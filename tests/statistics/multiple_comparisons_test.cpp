#include "qamro/statistics/multiple_comparisons.h"

#include <gtest/gtest.h>

namespace qamro::statistics {
namespace {

using PValues = std::vector<std::optional<double>>;

void expect_adjusted(const PValues& given, const PValues& expected) {
  const PValues adjusted = holm_adjusted(given);
  ASSERT_EQ(adjusted.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(adjusted[i].has_value(), expected[i].has_value()) << i;
    if (expected[i]) {
      EXPECT_NEAR(*adjusted[i], *expected[i], 1e-12) << i;
    }
  }
}

TEST(Holm, IsThatOfR) {
  // p.adjust(c(.01, .04, .03, .005), "holm") = .03 .06 .06 .02
  expect_adjusted({0.01, 0.04, 0.03, 0.005}, {0.03, 0.06, 0.06, 0.02});
}

TEST(Holm, NeverFallsAsPRisesAndNeverExceedsOne) {
  expect_adjusted({0.02, 0.021, 0.9, 0.8}, {0.08, 0.08, 1.0, 1.0});
}

TEST(Holm, OneOrNone) {
  expect_adjusted({}, {});
  expect_adjusted({0.3}, {0.3});
  expect_adjusted({std::nullopt, 0.02, std::nullopt, 0.04}, {std::nullopt, 0.04, std::nullopt, 0.04});
}

}  // namespace
}  // namespace qamro::statistics
