#include "qamro/losses/argsort.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <vector>

#include "qamro/core/random.h"

namespace qamro::losses {
namespace {

std::vector<std::uint32_t> by_std(const std::vector<double>& values) {
  std::vector<std::uint32_t> order(values.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return values[a] < values[b]; });
  return order;
}

TEST(Argsort, Empty) {
  EXPECT_TRUE(argsort({}).empty());
}

TEST(Argsort, NegativeZeroEqualsZeroAndKeepsItsPlace) {
  EXPECT_THAT(argsort(std::vector<double>{0.0, -0.0, -1.0, 0.0, -0.0}),
              ::testing::ElementsAre(2, 0, 1, 3, 4));
}

TEST(Argsort, ExtremesOfTheRange) {
  const double max = std::numeric_limits<double>::max();
  const double tiny = std::numeric_limits<double>::denorm_min();
  EXPECT_THAT(argsort(std::vector<double>{max, tiny, -max, 0.0, -tiny}),
              ::testing::ElementsAre(2, 4, 3, 1, 0));
}

TEST(Argsort, EqualsStableSortAtSizesAroundTheRadixSort) {
  Random random(7);
  for (const std::size_t n : {1, 2, 127, 128, 129, 1000, 70000}) {
    for (const std::uint64_t levels : {1, 3, 1000000000}) {
      std::vector<double> values(n);
      for (double& value : values) value = static_cast<double>(random.below(levels)) * 0.37 - 1e8;
      EXPECT_EQ(argsort(values), by_std(values)) << n << " values, " << levels << " levels";
    }
  }
}

}  // namespace
}  // namespace qamro::losses
