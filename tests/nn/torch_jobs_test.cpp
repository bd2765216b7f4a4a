#include "qamro/nn/parallel.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <vector>

// NOLINTNEXTLINE(readability-redundant-declaration): clang-tidy reads it together with torch_jobs.cpp
extern "C" int MKL_Get_Max_Threads() __attribute__((weak));

namespace qamro::nn {
namespace {

int threads_of_mkl() {
  return MKL_Get_Max_Threads == nullptr ? at::get_num_threads() : MKL_Get_Max_Threads();
}

// A matrix product that is split over threads sums in another order. MKL keeps its number of threads per
// thread, and a new thread starts with one per core.
TEST(ForEachTorchJob, EveryJobHasItsIntraOpThreads) {
  for (const int wanted : {1, 2}) {
    std::atomic<int> most = 0;
    std::atomic<int> least = 1000;
    for_each_torch_job(8, 4, wanted, [&](std::int64_t) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // so that every thread gets a job
      most = std::max({most.load(), threads_of_mkl(), at::get_num_threads()});
      least = std::min({least.load(), threads_of_mkl(), at::get_num_threads()});
    });
    EXPECT_EQ(most, wanted);
    EXPECT_EQ(least, wanted);
  }
}

TEST(ForEachTorchJob, RunsAllOncePassesFailuresOnAndRestoresTheThreads) {
  const int before = at::get_num_threads();
  std::vector<std::atomic<int>> runs(100);
  for_each_torch_job(std::ssize(runs), 4, 1, [&](std::int64_t i) { ++runs[static_cast<std::size_t>(i)]; });
  for (const auto& count : runs) EXPECT_EQ(count, 1);
  EXPECT_THROW(for_each_torch_job(10, 3, 1,
                                  [](std::int64_t i) {
                                    if (i == 4) throw std::runtime_error("four");
                                  }),
               std::runtime_error);
  EXPECT_NO_THROW(for_each_torch_job(0, 0, 1, [](std::int64_t) { throw std::runtime_error("never"); }));
  EXPECT_EQ(at::get_num_threads(), before);
}

}  // namespace
}  // namespace qamro::nn
