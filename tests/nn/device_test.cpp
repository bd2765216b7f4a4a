#include "qamro/nn/device.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "qamro/core/error.h"

namespace qamro::nn {
namespace {

TEST(Device, IsReadFromItsName) {
  EXPECT_EQ(parse_device("cpu"), c10::Device(c10::kCPU));
  EXPECT_EQ(parse_device("cuda"), c10::Device(c10::kCUDA, 0));
  EXPECT_EQ(parse_device("cuda:3"), c10::Device(c10::kCUDA, 3));
  for (const std::string name :
       {"", "gpu", "CPU", "cuda:", "cuda:-1", "cuda:1x", "cuda: 1", "cuda:128", "cpu:0"})
    EXPECT_THROW(parse_device(name), InvalidInput) << name;
}

TEST(WindowBatch, HasAlwaysTheSameShape) {
  const std::vector<float> one = {1, 2, 3}, two = {4, 5, 6, 7, 8};
  const std::vector<std::span<const float>> windows = {one, two};
  const WindowBatch batch = make_window_batch(windows, 3, 5, c10::kCPU);
  EXPECT_TRUE(at::equal(
      batch.samples,
      at::tensor({1., 2., 3., 0., 0., 4., 5., 6., 7., 8., 0., 0., 0., 0., 0.}, at::kFloat).view({3, 5})));
  EXPECT_THAT(batch.valid, ::testing::ElementsAre(3, 5, 5));
}

TEST(WindowBatch, RefusesWhatDoesNotFit) {
  const std::vector<float> none, one(5), long_one(6);
  const auto refused = [](std::vector<std::span<const float>> windows) {
    EXPECT_THROW(make_window_batch(windows, 2, 5, c10::kCPU), InvalidInput);
  };
  refused({});
  refused({one, one, one});
  refused({none});
  refused({long_one});
}

}  // namespace
}  // namespace qamro::nn
