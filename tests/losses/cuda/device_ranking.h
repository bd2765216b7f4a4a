#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "losses/cuda/device_memory.h"
#include "losses/pairwise_oracle.h"
#include "qamro/losses/cuda/ranking_device.h"
#include "qamro/losses/ranking_axis.h"

namespace qamro::losses {

using Numbers = std::vector<double>;

struct DeviceResult {
  AxisRankingLoss loss;
  std::int64_t problems = 0;
};

inline DeviceResult on_device(const RankingAxis& axis, const RankingOptions& options,
                              RankingAlgorithm algorithm) {
  const DeviceArray<double> prediction(axis.prediction), target(axis.target), weight(axis.weight);
  const DeviceArray<std::int64_t> group(axis.group);
  const std::size_t n = axis.target.size();
  const DeviceArray<double> value(1), gradient(n);
  const DeviceArray<std::int64_t> pairs(1), problems(1);
  TestWorkspace workspace;
  ranking_loss_on_device({prediction.data(), target.data(), axis.weight.empty() ? nullptr : weight.data(),
                          axis.group.empty() ? nullptr : group.data(), n},
                         options, {value.data(), gradient.data(), pairs.data(), problems.data()}, {},
                         workspace, algorithm);
  EXPECT_EQ(workspace.held(), 0U);
  return {{value.values()[0], gradient.values(), static_cast<std::uint64_t>(pairs.values()[0])},
          problems.values()[0]};
}

// Compares with the CPU's kernel, which ranking_axis_test and others compare with the loop over pairs.
inline void expect_equal(const AxisRankingLoss& got, const AxisRankingLoss& want) {
  EXPECT_EQ(got.pairs, want.pairs);
  EXPECT_NEAR(got.value, want.value, 1e-10 * std::max(1.0, std::abs(want.value)));
  ASSERT_EQ(got.gradient.size(), want.gradient.size());
  double largest = 1e-3;
  for (const double one : want.gradient) largest = std::max(largest, std::abs(one));
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < want.gradient.size() && wrong < 3; ++i)
    if (!(std::abs(got.gradient[i] - want.gradient[i]) <= 1e-10 * largest)) {
      ++wrong;
      ADD_FAILURE() << "gradient of element " << i << ": got " << got.gradient[i] << ", expected "
                    << want.gradient[i];
    }
}

// What random_axis adds to predictions and labels.
struct Extras {
  bool weights = false, groups = false, missing = false;
};

inline RankingAxis random_axis(std::size_t n, std::uint64_t levels, std::uint64_t seed, Extras extras,
                               double spread = 1.0) {
  const RandomCase data = random_case(n, levels, seed, spread);
  RankingAxis axis{data.prediction, data.target, {}, {}};
  Random random(seed + 1000);
  for (std::size_t i = 0; i < n; ++i) {
    if (extras.weights) axis.weight.push_back(static_cast<double>(random.below(4)) * 0.75);
    if (extras.groups) axis.group.push_back(static_cast<std::int64_t>(random.below(5)) - 2);
    if (extras.missing && random.below(4) == 0) axis.target[i] = std::numeric_limits<double>::quiet_NaN();
  }
  return axis;
}

}  // namespace qamro::losses
