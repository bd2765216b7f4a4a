#include "qamro/metrics/system_means.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "qamro/core/error.h"

namespace qamro::metrics {
namespace {

using Names = std::vector<std::string>;
using Numbers = std::vector<double>;
using ::testing::ElementsAre;

TEST(SystemMeans, OrderOfFirstAppearance) {
  const SystemMeans means = system_means(Names{"b", "a", "b", "c"}, Numbers{1, 2, 2, 7});
  EXPECT_THAT(means.systems, ElementsAre("b", "a", "c"));
  EXPECT_THAT(means.means, ElementsAre(1.5, 2, 7));
  EXPECT_THAT(means.clips, ElementsAre(2, 1, 1));
}

TEST(SystemMeans, AddsInFileOrder) {
  // (0.1 + 0.2) + 0.3 and 0.1 + (0.2 + 0.3) differ in the last bit: the same ratings in another order do
  // not tie.
  const SystemMeans means =
      system_means(Names{"x", "x", "x", "y", "y", "y"}, Numbers{0.1, 0.2, 0.3, 0.3, 0.2, 0.1});
  EXPECT_EQ(means.means[0], (0.1 + 0.2 + 0.3) / 3);
  EXPECT_NE(means.means[0], means.means[1]);
  const SystemMeans rounded =
      system_means(Names{"x", "x", "x", "y", "y", "y"}, Numbers{0.1, 0.2, 0.3, 0.3, 0.2, 0.1}, 4);
  EXPECT_EQ(rounded.means[0], rounded.means[1]);
}

TEST(SystemMeans, EmptyAndRefused) {
  EXPECT_TRUE(system_means({}, {}).systems.empty());
  EXPECT_THROW(system_means(Names{"a"}, Numbers{}), InvalidInput);
  EXPECT_THROW(system_means(Names{"a"}, Numbers{std::numeric_limits<double>::quiet_NaN()}), InvalidInput);
  EXPECT_THROW(system_means(Names{"a"}, Numbers{1}, 16), InvalidInput);
  EXPECT_THROW(system_means(Names{"a"}, Numbers{1}, -1), InvalidInput);
}

TEST(RoundDecimals, AsPython) {
  EXPECT_EQ(round_decimals(2.675, 2), 2.67);  // 2.67499999…
  EXPECT_EQ(round_decimals(0.5, 0), 0.0);
  EXPECT_EQ(round_decimals(1.5, 0), 2.0);
  EXPECT_EQ(round_decimals(3.14159, 4), 3.1416);
  EXPECT_EQ(round_decimals(-3.14159, 3), -3.142);
}

}  // namespace
}  // namespace qamro::metrics
