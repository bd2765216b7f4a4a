#include "qamro/training/fold.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace qamro::training {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

Dataset clips(const std::vector<std::string>& systems, const std::vector<double>& labels) {
  Dataset dataset;
  dataset.systems = systems;
  dataset.paths.resize(systems.size());
  dataset.labels = at::tensor(labels, at::kDouble).view({-1, 1});
  return dataset;
}

TEST(LookupBaseline, MeansOfTheTrainingClipsAlone) {
  const Dataset dataset = clips({"a", "a", "b", "a", "a", "b", "c"}, {1, 2, 5, 4, 9, 9, 9});
  const std::vector<Fold> folds = {{{0, 1, 2}, {3}, {4, 5, 6}}};
  const at::Tensor lookup = lookup_baseline(dataset, folds);
  EXPECT_EQ(lookup[4][0].item<double>(), 1.5) << "without the validation clip";
  EXPECT_EQ(lookup[5][0].item<double>(), 5.0);
  EXPECT_NEAR(lookup[6][0].item<double>(), 8.0 / 3.0, 1e-12)
      << "a system that is not trained on: the mean of all";
  EXPECT_TRUE(std::isnan(lookup[0][0].item<double>())) << "not tested";
  const at::Tensor constant = constant_baseline(dataset, folds);
  for (const int clip : {4, 5, 6}) EXPECT_NEAR(constant[clip][0].item<double>(), 8.0 / 3.0, 1e-12);
  EXPECT_TRUE(std::isnan(constant[3][0].item<double>()));
}

TEST(LookupBaseline, AClipWithoutASystemGetsTheMeanOfAll) {
  const Dataset dataset = clips({"", "a", ""}, {1, 4, 9});
  const at::Tensor lookup = lookup_baseline(dataset, {{{0, 1}, {}, {2}}});
  EXPECT_EQ(lookup[2][0].item<double>(), 2.5);
}

TEST(LookupBaseline, MissingLabelsCountForNothing) {
  const Dataset dataset = clips({"a", "a", "a", "b"}, {kNone, 3, 9, 9});
  EXPECT_EQ(lookup_baseline(dataset, {{{0, 1}, {}, {2}}})[2][0].item<double>(), 3.0);
  EXPECT_TRUE(std::isnan(lookup_baseline(dataset, {{{0}, {}, {2}}})[2][0].item<double>()));
}

}  // namespace
}  // namespace qamro::training
