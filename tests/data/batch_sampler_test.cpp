#include "qamro/data/batch_sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "qamro/core/error.h"

namespace qamro::data {
namespace {

using Numbers = std::vector<std::int64_t>;
using ::testing::Each;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAreArray;

Numbers all_of(const std::vector<Numbers>& batches) {
  Numbers all;
  for (const Numbers& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

Numbers counting(std::int64_t n) {
  Numbers numbers(static_cast<std::size_t>(n));
  for (std::int64_t i = 0; i < n; ++i) numbers[static_cast<std::size_t>(i)] = i;
  return numbers;
}

TEST(BatchSampler, RandomTakesEveryClipOnceAndCutsEvenly) {
  Random random(1);
  const auto batches = sample_batches(BatchSampler::kRandom, Numbers(23, 0), 5, random);
  ASSERT_EQ(batches.size(), 5U);
  EXPECT_EQ(batches.back().size(), 3U);
  EXPECT_THAT(all_of(batches), UnorderedElementsAreArray(counting(23)));
  EXPECT_NE(all_of(batches), counting(23));
}

TEST(BatchSampler, TheSameSeedGivesTheSameBatches) {
  const Numbers members = {0, 0, 1, 1, 2, 2, 3, 3, 0, 1};
  for (const BatchSampler sampler : {BatchSampler::kRandom, BatchSampler::kGroup, BatchSampler::kSystems}) {
    Random a(5), b(5), c(6);
    const auto batches = sample_batches(sampler, members, 4, a);
    EXPECT_EQ(batches, sample_batches(sampler, members, 4, b));
    EXPECT_NE(batches, sample_batches(sampler, members, 4, c));
  }
}

TEST(BatchSampler, GroupsAreNeverCut) {
  const Numbers members = {7, 7, 3, 3, 3, 9, 1, 1, 1, 1, 1, 1, 7};
  Random random(2);
  const auto batches = sample_batches(BatchSampler::kGroup, members, 5, random);
  EXPECT_THAT(all_of(batches), UnorderedElementsAreArray(counting(13)));
  std::map<std::int64_t, std::set<std::size_t>> batch_of;
  for (std::size_t b = 0; b < batches.size(); ++b)
    for (const std::int64_t clip : batches[b]) batch_of[members[static_cast<std::size_t>(clip)]].insert(b);
  for (const auto& [member, found] : batch_of) EXPECT_EQ(found.size(), 1U) << member;
  for (const Numbers& batch : batches) {
    const bool is_the_large_group = members[static_cast<std::size_t>(batch.front())] == 1;
    EXPECT_LE(batch.size(), is_the_large_group ? 6U : 5U);
  }
}

TEST(BatchSampler, EverySystemIsInEveryBatch) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    Numbers members;
    const Numbers clips_of_system = {20, 7, 1, 12};  // the third system is repeated
    for (std::size_t system = 0; system < 4; ++system)
      members.insert(members.end(), static_cast<std::size_t>(clips_of_system[system]),
                     static_cast<std::int64_t>(system));
    Random random(seed);
    const auto batches = sample_batches(BatchSampler::kSystems, members, 8, random);
    EXPECT_EQ(batches.size(), 5U);
    for (const Numbers& batch : batches) {
      std::set<std::int64_t> systems;
      for (const std::int64_t clip : batch) systems.insert(members[static_cast<std::size_t>(clip)]);
      EXPECT_THAT(systems, SizeIs(4));
      EXPECT_GE(batch.size(), 8U);
      EXPECT_LE(batch.size(), 10U);
      EXPECT_EQ(std::set<std::int64_t>(batch.begin(), batch.end()).size(), batch.size()) << "a clip twice";
    }
    const Numbers all = all_of(batches);
    EXPECT_THAT(std::set<std::int64_t>(all.begin(), all.end()), SizeIs(40));
  }
}

TEST(BatchSampler, NothingAndTooSmall) {
  Random random(1);
  for (const BatchSampler sampler : {BatchSampler::kRandom, BatchSampler::kGroup, BatchSampler::kSystems}) {
    EXPECT_THAT(all_of(sample_batches(sampler, {}, 4, random)), SizeIs(0));
    EXPECT_THROW(sample_batches(sampler, counting(3), 0, random), InvalidInput);
  }
  EXPECT_THROW(sample_batches(BatchSampler::kSystems, counting(3), 2, random), InvalidInput);
  EXPECT_THAT(sample_batches(BatchSampler::kRandom, counting(3), 1, random), Each(SizeIs(1)));
}

}  // namespace
}  // namespace qamro::data
