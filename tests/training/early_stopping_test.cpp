#include "qamro/training/validation.h"

#include <gtest/gtest.h>

#include <limits>

#include "qamro/training/trainer.h"

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

TEST(EarlyStopping, ARunIsCutShortIfItsBestEpochIsAmongTheLast) {
  TrainerOptions options;
  options.max_epochs = 50;
  options.patience = 5;
  const auto cut = [&](std::int64_t best, std::int64_t epochs) {
    return was_cut_short({best, epochs, 1.0, best}, options);
  };
  EXPECT_TRUE(cut(50, 50));
  EXPECT_TRUE(cut(46, 50));
  EXPECT_FALSE(cut(45, 50)) << "early stopping ended it in the last epoch";
  EXPECT_FALSE(cut(44, 49)) << "early stopping ended it before";
  EXPECT_FALSE(cut(0, 50)) << "the monitor was never defined";
  options.patience = 0;
  EXPECT_TRUE(cut(46, 50)) << "the last tenth";
  EXPECT_FALSE(cut(45, 50));
  options.max_epochs = 3;
  EXPECT_TRUE(cut(3, 3));
  EXPECT_FALSE(cut(2, 3));
}

}  // namespace
}  // namespace qamro::training
