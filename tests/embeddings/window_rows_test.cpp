#include "qamro/embeddings/window_rows.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace qamro::embeddings {
namespace {

using ::testing::ElementsAre;

TEST(WindowRows, TakesMeansByLength) {
  WindowRows windows;
  windows.add_clip(std::vector<std::int64_t>{16000, 4000});
  windows.add_clip(std::vector<std::int64_t>{7});
  std::vector<std::int64_t> rows;
  const WindowRows chosen = windows.select(std::vector<std::int64_t>{1, 0}, rows);
  EXPECT_THAT(rows, ElementsAre(2, 0, 1));
  const at::Tensor mean = chosen.mean(at::tensor({5.0F, 1.0F, 2.0F}).unsqueeze(1));
  EXPECT_FLOAT_EQ(mean[0].item<float>(), 5.0F);
  EXPECT_FLOAT_EQ(mean[1].item<float>(), 1.2F);
  const at::Tensor repeated = chosen.repeat(at::tensor({3.0F, 4.0F}));
  EXPECT_TRUE(at::equal(repeated, at::tensor({3.0F, 4.0F, 4.0F})));
}

}  // namespace
}  // namespace qamro::embeddings
