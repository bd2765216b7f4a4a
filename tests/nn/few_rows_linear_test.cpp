#include "qamro/nn/few_rows_linear.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "qamro/core/error.h"
#include "qamro/core/processor.h"

namespace qamro::nn {
namespace {

struct Weights {
  at::Tensor weight, bias;
};

Weights random_weights(std::int64_t in, std::int64_t out) {
  at::manual_seed(7);
  return {at::randn({out, in}), at::randn({out})};
}

// Rows that fill tiles or not; columns for less than a vector, or for several blocks and some more; outputs
// for less than a tile, or for several tasks.
TEST(FewRowsLinear, EqualsLinear) {
  for (const std::int64_t in : {1, 7, 8, 24, 768, 1545})
    for (const std::int64_t out : {1, 2, 3, 48, 100})
      for (const std::int64_t rows : {1, 3, 4, 20, 37}) {
        const Weights weights = random_weights(in, out);
        const at::Tensor input = at::randn({rows, in});
        const at::Tensor expected =
            at::linear(input.to(at::kDouble), weights.weight.to(at::kDouble), weights.bias.to(at::kDouble));
        const at::Tensor found = few_rows_linear(input, weights.weight, weights.bias);
        ASSERT_EQ(found.sizes(), expected.sizes());
        EXPECT_LT((found.to(at::kDouble) - expected).abs().max().item<double>(),
                  2e-6 * std::sqrt(static_cast<double>(in)))
            << in << ' ' << out << ' ' << rows;
      }
}

TEST(FewRowsLinear, TakesSlicesOfOtherTensors) {
  const Weights weights = random_weights(40, 9);
  const at::Tensor wide = at::randn({5, 80});
  const at::Tensor every_second = wide.view({5, 40, 2}).select(2, 1);
  EXPECT_TRUE(at::equal(few_rows_linear(every_second, weights.weight, weights.bias),
                        few_rows_linear(every_second.contiguous(), weights.weight, weights.bias)));
  EXPECT_TRUE(at::equal(few_rows_linear(every_second, weights.weight.t().contiguous().t(), weights.bias),
                        few_rows_linear(every_second, weights.weight, weights.bias)));
}

TEST(FewRowsLinear, HasTheSameBitsWhateverTheOtherRowsAndTheThreads) {
  const Weights weights = random_weights(779, 100);
  const at::Tensor input = at::randn({21, 779});
  const int threads_before = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor together = few_rows_linear(input, weights.weight, weights.bias);
  for (std::int64_t row = 0; row < input.size(0); ++row)
    EXPECT_TRUE(at::equal(few_rows_linear(input.narrow(0, row, 1), weights.weight, weights.bias),
                          together.narrow(0, row, 1)))
        << row;
  at::set_num_threads(3);
  EXPECT_TRUE(at::equal(few_rows_linear(input, weights.weight, weights.bias), together));
  at::set_num_threads(threads_before);
}

// What the header promises for one row and one output, with std::fma, which rounds once on every processor.
float one_result(const float* x, const float* w, float bias, std::int64_t columns, bool fused) {
  float total = 0;
  for (std::int64_t begin = 0; begin < columns; begin += 256) {
    float sum = 0;
    for (std::int64_t column = begin; column < std::min(columns, begin + 256); ++column) {
      const float product = x[column] * w[column];
      sum = fused ? std::fma(x[column], w[column], sum) : sum + product;
    }
    total += sum;
  }
  return total + bias;
}

bool this_machine_fuses() {
#ifdef __x86_64__
  return processor().tier >= Tier::avx2 && !processor().is_plain;
#else
  return true;
#endif
}

// Every width of a block of rows, full or not, and outputs in tiles and after them: each is
// compiled separately.
TEST(FewRowsLinear, RoundsEveryRowAndOutputAsPromisedWhateverItsTile) {
  const std::int64_t in = 600;
  const Weights weights = random_weights(in, 61);
  for (const std::int64_t rows : {1, 8, 9, 16, 17, 24, 25, 40}) {
    const at::Tensor input = at::randn({rows, in});
    const at::Tensor found = few_rows_linear(input, weights.weight, weights.bias);
    for (std::int64_t row = 0; row < rows; ++row)
      for (std::int64_t output = 0; output < found.size(1); ++output)
        ASSERT_EQ(
            found[row][output].item<float>(),
            one_result(input[row].const_data_ptr<float>(), weights.weight[output].const_data_ptr<float>(),
                       weights.bias[output].item<float>(), in, this_machine_fuses()))
            << "row " << row << " of " << rows << ", output " << output;
  }
}

// A NaN in a row stays in that row's results.
TEST(FewRowsLinear, KeepsWhatIsNoNumberToItsRow) {
  const Weights weights = random_weights(16, 5);
  at::Tensor input = at::randn({6, 16});
  const at::Tensor clean = few_rows_linear(input, weights.weight, weights.bias);
  input[2][3] = std::numeric_limits<float>::quiet_NaN();
  const at::Tensor found = few_rows_linear(input, weights.weight, weights.bias);
  EXPECT_TRUE(found[2].isnan().all().item<bool>());
  EXPECT_TRUE(at::equal(found.narrow(0, 0, 2), clean.narrow(0, 0, 2)));
  EXPECT_TRUE(at::equal(found.narrow(0, 3, 3), clean.narrow(0, 3, 3)));
}

TEST(FewRowsLinear, RefusesWhatDoesNotFit) {
  const Weights weights = random_weights(8, 4);
  EXPECT_THROW((void)few_rows_linear(at::zeros({2, 7}), weights.weight, weights.bias), InvalidInput);
  EXPECT_THROW((void)few_rows_linear(at::zeros({8}), weights.weight, weights.bias), InvalidInput);
  EXPECT_THROW((void)few_rows_linear(at::zeros({2, 8}), weights.weight, at::zeros({5})), InvalidInput);
  EXPECT_THROW((void)few_rows_linear(at::zeros({2, 8}, at::kDouble), weights.weight, weights.bias),
               InvalidInput);
}

}  // namespace
}  // namespace qamro::nn
