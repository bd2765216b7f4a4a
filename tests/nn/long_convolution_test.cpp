#include "qamro/nn/inference_layers.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <vector>

namespace qamro::nn {
namespace {

at::Tensor all_groups(const LongConvolution& convolution, const at::Tensor& input) {
  std::vector<at::Tensor> outputs;
  for (std::int64_t group = 0; group < convolution.groups(); ++group)
    outputs.push_back(convolution(input, group));
  return at::cat(outputs, 1);
}

// One frame, a block's results (65 of 128 taps), one more, and many blocks; an odd kernel and one tap.
TEST(LongConvolution, EqualsConv1d) {
  for (const std::int64_t kernel : {128, 16, 7, 1})
    for (const std::int64_t frames : {1, 2, 64, 65, 66, 499}) {
      at::manual_seed(7);
      const at::Tensor weight = at::randn({6, 4, kernel}), input = at::randn({frames, 8});
      const at::Tensor expected = at::conv1d(input.to(at::kDouble).t().unsqueeze(0), weight.to(at::kDouble),
                                             {}, 1, kernel / 2, 1, /*groups=*/2)[0]
                                      .narrow(1, 0, frames)
                                      .t();
      const at::Tensor found = all_groups(LongConvolution(weight, 2), input);
      ASSERT_EQ(found.sizes(), expected.sizes());
      EXPECT_LT((found - expected).abs().max().item<double>(), 2e-5) << kernel << ' ' << frames;
    }
}

TEST(LongConvolution, FramesFarApartDoNotMeet) {
  at::manual_seed(7);
  const LongConvolution convolution(at::randn({4, 4, 16}), 1);
  at::Tensor input = at::zeros({100, 4});
  input[50].fill_(1);
  const at::Tensor output = all_groups(convolution, input);
  // y[t] sees x[t - 8] to x[t + 7]
  EXPECT_LT(output.narrow(0, 0, 43).abs().max().item<double>(), 1e-5);
  EXPECT_LT(output.narrow(0, 59, 41).abs().max().item<double>(), 1e-5);
  EXPECT_GT(output[43].abs().max().item<double>(), 0.1);
  EXPECT_GT(output[58].abs().max().item<double>(), 0.1);
}

}  // namespace
}  // namespace qamro::nn
