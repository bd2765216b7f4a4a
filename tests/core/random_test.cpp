#include "qamro/core/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace qamro {
namespace {

// The first output of the authors' C code (prng.di.unimi.it) for xoshiro256** seeded by SplitMix64(42).
TEST(Random, SameSeedSameNumbersOnEveryMachine) {
  Random a(42);
  Random b(42);
  const std::uint64_t first = a.next();
  EXPECT_EQ(first, 1546998764402558742ULL);
  EXPECT_EQ(first, b.next());
  EXPECT_NE(a.next(), Random(43).next());
}

TEST(Random, BelowCoversItsRangeEvenly) {
  Random random(7);
  std::vector<int> counts(10);
  for (int i = 0; i < 100'000; ++i) ++counts.at(random.below(10));
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 500);
}

TEST(Random, UniformStaysInUnitInterval) {
  Random random(3);
  double low = 1;
  double high = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double value = random.uniform();
    low = std::min(low, value);
    high = std::max(high, value);
  }
  EXPECT_GE(low, 0.0);
  EXPECT_LT(low, 0.01);
  EXPECT_LT(high, 1.0);
  EXPECT_GT(high, 0.99);
}

TEST(Random, PermutationHoldsEveryIndexOnce) {
  Random random(1);
  auto order = permutation(1000, random);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < order.size(); ++i) EXPECT_EQ(order[i], static_cast<std::int64_t>(i));
  EXPECT_TRUE(permutation(0, random).empty());
}

TEST(Random, DerivedSeedsDiffer) {
  std::set<std::uint64_t> seeds;
  for (std::uint64_t index = 0; index < 100; ++index) {
    seeds.insert(derive_seed(1, "init", index));
    seeds.insert(derive_seed(1, "shuffle", index));
    seeds.insert(derive_seed(2, "init", index));
  }
  EXPECT_EQ(seeds.size(), 300U);
}

}  // namespace
}  // namespace qamro
