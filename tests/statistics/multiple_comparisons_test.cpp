#include "qamro/statistics/significance.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "qamro/core/random.h"

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

using Matrix = std::vector<std::vector<bool>>;
using Groups = std::vector<std::vector<std::size_t>>;

Matrix all_alike(std::size_t n) {
  return Matrix(n, std::vector<bool>(n, false));
}

void set_differ(Matrix& differ, std::size_t a, std::size_t b) {
  differ[a][b] = differ[b][a] = true;
}

TEST(TieGroups, ByHand) {
  EXPECT_EQ(tie_groups({}), Groups());
  EXPECT_EQ(tie_groups(all_alike(3)), (Groups{{0}, {0}, {0}}));
  Matrix ends = all_alike(3);  // first and last differ, the middle is like both
  set_differ(ends, 0, 2);
  EXPECT_EQ(tie_groups(ends), (Groups{{0}, {0, 1}, {1}}));
  Matrix first = all_alike(3);  // the first two differ, and the third, of few clips, is like both
  set_differ(first, 0, 1);
  EXPECT_EQ(tie_groups(first), (Groups{{0}, {1}, {0, 1}}));
}

// In any pattern, two systems share a group exactly if they don't differ.
TEST(TieGroups, NeverContradictAPair) {
  for (std::uint64_t pattern = 0; pattern < 300; ++pattern) {
    Random random(derive_seed(5, "ties", pattern));
    const std::size_t n = 1 + random.below(12);
    Matrix differ = all_alike(n);
    const double share = random.uniform();
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = a + 1; b < n; ++b)
        if (random.uniform() < share) set_differ(differ, a, b);
    const Groups groups = tie_groups(differ);
    for (std::size_t a = 0; a < n; ++a) {
      EXPECT_FALSE(groups[a].empty());
      EXPECT_TRUE(std::is_sorted(groups[a].begin(), groups[a].end()));
      for (std::size_t b = a + 1; b < n; ++b) {
        const bool share_one = std::find_first_of(groups[a].begin(), groups[a].end(), groups[b].begin(),
                                                  groups[b].end()) != groups[a].end();
        EXPECT_NE(share_one, differ[a][b]) << pattern << ": " << a << " " << b;
      }
    }
  }
}

}  // namespace
}  // namespace qamro::statistics
