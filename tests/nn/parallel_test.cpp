#include "qamro/nn/parallel.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

extern "C" int MKL_Get_Max_Threads() __attribute__((weak));

namespace qamro::nn {
namespace {

int mkl_threads() {
  return MKL_Get_Max_Threads == nullptr ? at::get_num_threads() : MKL_Get_Max_Threads();
}

class Parallel : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    before_ = at::get_num_threads();
    at::set_num_threads(GetParam());
  }
  void TearDown() override { at::set_num_threads(before_); }

 private:
  int before_ = 1;
};

TEST_P(Parallel, DoesEachOnce) {
  for (const std::int64_t count : {0, 1, 2, 7, 100}) {
    std::vector<std::atomic<int>> done(static_cast<std::size_t>(count));
    parallel_for(count, [&](std::int64_t i) { ++done[static_cast<std::size_t>(i)]; });
    for (const std::atomic<int>& times : done) EXPECT_EQ(times, 1);
  }
}

TEST_P(Parallel, PassesAnExceptionOn) {
  EXPECT_THROW(parallel_for(8,
                            [](std::int64_t i) {
                              if (i == 5) throw std::runtime_error("five");
                            }),
               std::runtime_error);
}

TEST_P(Parallel, IsSerialInside) {
  for (const std::int64_t count : {1, 4})
    parallel_for(count, [](std::int64_t) {
      EXPECT_EQ(at::get_num_threads(), 1);
      EXPECT_EQ(mkl_threads(), 1);
    });
  EXPECT_EQ(at::get_num_threads(), GetParam());
  EXPECT_EQ(mkl_threads(), GetParam());
  {
    const SerialRegion serial;
    EXPECT_EQ(at::get_num_threads(), 1);
    EXPECT_EQ(mkl_threads(), 1);
    std::thread([] { EXPECT_EQ(at::get_num_threads(), GetParam()); }).join();
  }
  EXPECT_EQ(at::get_num_threads(), GetParam());
  EXPECT_EQ(mkl_threads(), GetParam());
}

// Tensors made in InferenceMode may only be written to in that mode.
TEST_P(Parallel, KeepsTheCallersModes) {
  const c10::InferenceMode inference;
  const at::Tensor tensor = at::zeros({4});
  parallel_for(4, [&](std::int64_t i) { tensor[i].fill_(static_cast<double>(i)); });
  EXPECT_TRUE(at::equal(tensor, at::arange(4, at::kFloat)));
}

TEST_P(Parallel, KeepsTheCallersGradientMode) {
  for (const bool is_on : {true, false, true}) {
    const at::AutoGradMode mode(is_on);
    parallel_for(4, [&](std::int64_t) { EXPECT_EQ(at::GradMode::is_enabled(), is_on); });
    EXPECT_EQ(at::GradMode::is_enabled(), is_on);
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, Parallel, ::testing::Values(1, 2, 4));

TEST(ParallelThreads, AreSeveral) {
  const int before = at::get_num_threads();
  at::set_num_threads(2);
  std::atomic<int> arrived = 0;
  // Each waits for the other; with one thread, this would time out.
  parallel_for(2, [&](std::int64_t) {
    ++arrived;
    for (long spins = 0; arrived < 2 && spins < 2'000'000'000L; ++spins) continue;
    EXPECT_EQ(arrived, 2);
  });
  at::set_num_threads(before);
}

// No thread waits for another's last task, and no task is empty.
TEST(TaskCount, IsAMultipleOfTheThreadsUpToTheUnits) {
  const int before = at::get_num_threads();
  at::set_num_threads(3);
  EXPECT_EQ(task_count(100, 1), 3);
  EXPECT_EQ(task_count(100, 4), 6);
  EXPECT_EQ(task_count(100, 6), 6);
  EXPECT_EQ(task_count(2, 1), 2);
  EXPECT_EQ(task_count(1, 9), 1);
  EXPECT_EQ(task_count(0, 0), 1);
  at::set_num_threads(1);
  EXPECT_EQ(task_count(100, 4), 4);
  at::set_num_threads(before);
}

}  // namespace
}  // namespace qamro::nn
