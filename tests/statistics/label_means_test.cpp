#include "qamro/statistics/label_means.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "qamro/statistics/numbers.h"

namespace qamro::statistics {
namespace {

TEST(LabelMeans, OfSystemsAndOfAll) {
  const std::vector<double> labels = {1, 3, 5, kUndefined, kUndefined, 11};
  const std::vector<std::string> systems = {"a", "a", "b", "b", "c", ""};
  const LabelMeans means(labels, systems);
  EXPECT_EQ(means.of_all(), 5.0);
  EXPECT_EQ(means.of_system("a"), 2.0);
  EXPECT_EQ(means.of_system("b"), 5.0);
  EXPECT_EQ(means.of_system("c"), 5.0);  // no label: the mean of all
  EXPECT_EQ(means.of_system("x"), 5.0);
  EXPECT_EQ(means.of_system(""), 5.0);  // clips of no system are no system
}

TEST(LabelMeans, WithoutLabelsThereIsNone) {
  EXPECT_TRUE(std::isnan(LabelMeans({}, {}).of_all()));
  EXPECT_TRUE(
      std::isnan(LabelMeans(std::vector<double>{kUndefined}, std::vector<std::string>{"a"}).of_system("a")));
}

}  // namespace
}  // namespace qamro::statistics
