#include "qamro/training/validation.h"

#include <gtest/gtest.h>

#include <limits>

namespace qamro::training {
namespace {

using Direction = EarlyStopping::Direction;

TEST(EarlyStopping, StopsPatienceEpochsAfterTheBest) {
  EarlyStopping stopping(2, Direction::kLower);
  EXPECT_TRUE(stopping.update(1, 3.0));
  EXPECT_TRUE(stopping.update(2, 2.0));
  EXPECT_FALSE(stopping.update(3, 2.5));
  EXPECT_FALSE(stopping.should_stop(3));
  EXPECT_FALSE(stopping.update(4, 2.0)) << "an equal value is not better";
  EXPECT_TRUE(stopping.should_stop(4));
  EXPECT_EQ(stopping.best_epoch(), 2);
  EXPECT_EQ(stopping.best_value(), 2.0);
}

TEST(EarlyStopping, HigherCanBeBetter) {
  EarlyStopping stopping(5, Direction::kHigher);
  EXPECT_TRUE(stopping.update(1, -0.5));
  EXPECT_FALSE(stopping.update(2, -0.6));
  EXPECT_TRUE(stopping.update(3, 0.1));
}

TEST(EarlyStopping, UndefinedIsNeverBetter) {
  EarlyStopping stopping(2, Direction::kHigher);
  EXPECT_FALSE(stopping.update(1, std::nullopt));
  EXPECT_FALSE(stopping.update(2, std::numeric_limits<double>::quiet_NaN()));
  EXPECT_EQ(stopping.best_epoch(), 0);
  EXPECT_TRUE(stopping.should_stop(2));
}

TEST(EarlyStopping, WithoutPatienceNeverStops) {
  EarlyStopping stopping(0, Direction::kLower);
  EXPECT_FALSE(stopping.should_stop(1'000'000));
}

}  // namespace
}  // namespace qamro::training
