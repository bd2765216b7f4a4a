#include "qamro/heads/head_model.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

namespace qamro::heads {
namespace {

// Distances 0, 1, 4, 4.5, 5 and 100 in two dimensions; the last column is the encoder's score.
at::Tensor standardised() {
  return at::sqrt(at::tensor({0.0, 1.0, 4.0, 4.5, 5.0, 100.0}, at::kDouble)).unsqueeze(1).expand({6, 2});
}

TEST(DistanceFromTraining, IsTheMeanSquare) {
  const at::Tensor distance = distance_from_training(at::tensor({3.0F, -4.0F, 0.0F, 0.0F}).view({2, 2}));
  EXPECT_TRUE(at::equal(distance, at::tensor({12.5, 0.0}, at::kDouble)));
}

TEST(Familiarity, HeadsSpeakUpToTheRadiusAndNotBeyondAQuarterMore) {
  const Familiarity familiarity{4.0, 1};
  EXPECT_TRUE(at::allclose(familiarity.share(standardised()),
                           at::tensor({1.0, 1.0, 1.0, 0.5, 0.0, 0.0}, at::kDouble)));
}

TEST(Familiarity, BlendsEachAxisWithTheEncodersScore) {
  const Familiarity familiarity{4.0, 1};
  const at::Tensor embedding = at::tensor({7.0F, 3.0F}).expand({6, 2});
  const at::Tensor scores = at::tensor({1.0, 5.0}, at::kDouble).expand({6, 2});
  const at::Tensor blended = familiarity.blend(scores, embedding, standardised());
  EXPECT_TRUE(at::allclose(blended.select(1, 0), at::tensor({1.0, 1.0, 1.0, 2.0, 3.0, 3.0}, at::kDouble)));
  EXPECT_TRUE(at::allclose(blended.select(1, 1), at::tensor({5.0, 5.0, 5.0, 4.0, 3.0, 3.0}, at::kDouble)));
}

TEST(Familiarity, WhatTheHeadsSayFarAwayCannotBreakAScore) {
  const Familiarity familiarity{4.0, 0};
  const at::Tensor far = at::full({1, 2}, 1e6, at::kFloat), embedding = at::full({1, 2}, 2.5F);
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(familiarity.blend(at::full({1, 1}, infinity, at::kDouble), embedding, far).item<double>(), 2.5);
}

}  // namespace
}  // namespace qamro::heads
