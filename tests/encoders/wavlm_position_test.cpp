#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "qamro/encoders/wavlm/module.h"

namespace qamro::encoders::wavlm {
namespace {

std::int64_t bucket(std::int64_t relative, std::int64_t buckets = 320, std::int64_t max_distance = 800) {
  return relative_position_buckets(at::tensor({relative}, at::kLong), buckets, max_distance)
      .item<std::int64_t>();
}

TEST(WavLmPosition, ShortDistancesHaveABucketEach) {
  for (std::int64_t distance = 0; distance < 80; ++distance) {
    EXPECT_EQ(bucket(-distance), distance);
    if (distance > 0) {
      EXPECT_EQ(bucket(distance), 160 + distance);
    }
  }
}

// In double, but not at the edges of buckets, where float32 decides.
TEST(WavLmPosition, LongDistancesGrowByLogarithm) {
  int checked = 0;
  for (std::int64_t distance = 80; distance < 2000; ++distance) {
    const double place = std::log(static_cast<double>(distance) / 80) / std::log(10.0) * 80;
    if (std::abs(place - std::round(place)) < 1e-3) continue;
    const auto expected = std::min<std::int64_t>(80 + static_cast<std::int64_t>(place), 159);
    EXPECT_EQ(bucket(-distance), expected) << distance;
    EXPECT_EQ(bucket(distance), expected + 160) << distance;
    ++checked;
  }
  EXPECT_GT(checked, 1800);
  EXPECT_EQ(bucket(-800), 159);
  EXPECT_EQ(bucket(100000), 319);
}

TEST(WavLmPosition, BiasIsLookedUpByKeyMinusQuery) {
  const at::Tensor embedding = at::arange(32, at::kFloat).view({16, 2});  // [buckets, heads]
  const at::Tensor by_distance = position_bias_by_distance(embedding, 6, 20);
  ASSERT_EQ(by_distance.sizes(), at::IntArrayRef({2, 11}));
  const at::Tensor bias = position_bias(by_distance);
  ASSERT_EQ(bias.sizes(), at::IntArrayRef({2, 6, 6}));
  for (std::int64_t head = 0; head < 2; ++head)
    for (std::int64_t query = 0; query < 6; ++query)
      for (std::int64_t key = 0; key < 6; ++key) {
        const std::int64_t row = bucket(key - query, 16, 20);
        EXPECT_EQ(bias[head][query][key].item<float>(), embedding[row][head].item<float>());
        EXPECT_EQ(bias[head][query][key].item<float>(), by_distance[head][key - query + 5].item<float>());
      }
}

}  // namespace
}  // namespace qamro::encoders::wavlm
