#include "qamro/core/jobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

namespace qamro {
namespace {

TEST(ForEachJob, RunsEachOnceAndPassesExceptionsOn) {
  std::vector<std::atomic<int>> runs(1000);
  for_each_job(1000, 4, [&](std::int64_t i) { ++runs[static_cast<std::size_t>(i)]; });
  EXPECT_THAT(runs, ::testing::Each(::testing::Truly([](const auto& n) { return n == 1; })));
  EXPECT_THROW(for_each_job(100, 3,
                            [](std::int64_t i) {
                              if (i == 50) throw std::runtime_error("x");
                            }),
               std::runtime_error);
  for_each_job(0, 4, [](std::int64_t) { FAIL(); });
}

TEST(ForEachJob, StartsNoMoreThanAllowedAndPreparesEachBeforeItsJobs) {
  std::mutex mutex;
  std::set<std::thread::id> prepared;
  std::set<std::thread::id> worked;
  for_each_job(
      50, 3,
      [&](std::int64_t) {
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(prepared.contains(std::this_thread::get_id()));
        worked.insert(std::this_thread::get_id());
      },
      [&] {
        const std::lock_guard lock(mutex);
        prepared.insert(std::this_thread::get_id());
      });
  EXPECT_EQ(prepared.size(), 3U);
  EXPECT_TRUE(prepared.contains(std::this_thread::get_id()));
  EXPECT_FALSE(worked.empty());
  EXPECT_THROW(for_each_job(
                   5, 1, [](std::int64_t) { FAIL(); }, [] { throw std::runtime_error("x"); }),
               std::runtime_error);
}

TEST(ThreadCount, IsWhatWasAskedForOrTheCores) {
  EXPECT_EQ(thread_count(3), 3);
  EXPECT_EQ(thread_count(0), std::max(1, static_cast<int>(std::thread::hardware_concurrency())));
}

}  // namespace
}  // namespace qamro
