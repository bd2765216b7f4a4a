#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "qamro/models/predictor.h"

namespace qamro::models {
namespace {

TEST(MeanOverWindows, IsTheMeanOfEachDimension) {
  const std::vector<std::vector<float>> windows = {{1, -2}, {2, 0}, {6, 5}};
  EXPECT_THAT(mean_over_windows(windows), ::testing::ElementsAre(3, 1));
}

TEST(MeanOverWindows, OneWindowIsItself) {
  EXPECT_THAT(mean_over_windows(std::vector<std::vector<float>>{{0.1F, 1e30F}}),
              ::testing::ElementsAre(0.1F, 1e30F));
}

// After 2^24, a float sum would lose the small windows.
TEST(MeanOverWindows, SumsInDouble) {
  std::vector<std::vector<float>> windows(3, {1.0F});
  windows[0] = {16777216.0F};
  EXPECT_EQ(mean_over_windows(windows)[0], static_cast<float>(16777218.0 / 3));
}

}  // namespace
}  // namespace qamro::models
