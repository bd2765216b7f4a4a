#include "qamro/nn/image_convolution.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "qamro/core/error.h"

// The loops below are compiled for several instruction sets; the program picks the machine's when it starts.
// Each element is computed alone and nothing is fused (-ffp-contract=off), so all of them give the same bits.
// The thread sanitizer is not ready when the program picks.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_THREAD__)
#define QAMRO_VECTORISED __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define QAMRO_VECTORISED
#endif

namespace qamro::nn {
namespace {

constexpr std::int64_t kTileRows = 4;   // of output
constexpr std::int64_t kInputRows = 6;  // that a tile sees
constexpr std::int64_t kPlanes = 6;
constexpr std::int64_t kTaps = 3;

// Lavin's matrices for F(4, 3). Filter: six planes from three taps.
constexpr double kFilter[kPlanes][kTaps] = {{1.0 / 4, 0, 0},
                                            {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                            {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                            {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                            {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                            {0, 0, 1}};

// Six rows of input to one row of each plane.
QAMRO_VECTORISED void transform_input(const std::array<const float*, kInputRows>& rows,
                                      const std::array<float*, kPlanes>& planes, std::int64_t length) {
  const float* __restrict d0 = rows[0], * __restrict d1 = rows[1], * __restrict d2 = rows[2];
  const float* __restrict d3 = rows[3], * __restrict d4 = rows[4], * __restrict d5 = rows[5];
  float* __restrict v0 = planes[0], * __restrict v1 = planes[1], * __restrict v2 = planes[2];
  float* __restrict v3 = planes[3], * __restrict v4 = planes[4], * __restrict v5 = planes[5];
#pragma omp simd
  for (std::int64_t i = 0; i < length; ++i) {
    const float even = d4[i] - 4 * d2[i], odd = d3[i] - 4 * d1[i];
    const float outer = d4[i] - d2[i], inner = 2 * (d3[i] - d1[i]);
    v0[i] = 4 * d0[i] - 5 * d2[i] + d4[i];
    v1[i] = even + odd;
    v2[i] = even - odd;
    v3[i] = outer + inner;
    v4[i] = outer - inner;
    v5[i] = 4 * d1[i] - 5 * d3[i] + d5[i];
  }
}

float activate(float value, float negative_slope) {
  return std::max(value, 0.0F) + negative_slope * std::min(value, 0.0F);
}

// One row of each plane to four rows of output, a position's channels at a time.
QAMRO_VECTORISED void transform_output(const std::array<const float*, kPlanes>& planes,
                                       const float* __restrict bias,
                                       const std::array<float*, kTileRows>& rows, std::int64_t positions,
                                       std::int64_t channels, float slope) {
  const float* __restrict m0 = planes[0], * __restrict m1 = planes[1], * __restrict m2 = planes[2];
  const float* __restrict m3 = planes[3], * __restrict m4 = planes[4], * __restrict m5 = planes[5];
  float* __restrict y0 = rows[0], * __restrict y1 = rows[1], * __restrict y2 = rows[2], * __restrict y3 = rows[3];
  for (std::int64_t position = 0; position < positions; ++position)
#pragma omp simd
    for (std::int64_t c = 0; c < channels; ++c) {
      const std::int64_t i = position * channels + c;
      const float sum12 = m1[i] + m2[i], difference12 = m1[i] - m2[i];
      const float sum34 = m3[i] + m4[i], difference34 = m3[i] - m4[i];
      y0[i] = activate(bias[c] + m0[i] + sum12 + sum34, slope);
      y1[i] = activate(bias[c] + difference12 + 2 * difference34, slope);
      y2[i] = activate(bias[c] + sum12 + 4 * sum34, slope);
      y3[i] = activate(bias[c] + difference12 + 8 * difference34 + m5[i], slope);
    }
}

void check(const at::Tensor& weight, const at::Tensor& bias, at::IntArrayRef input,
           const ConvolutionOptions& options) {
  const bool fits = weight.dim() == 4 && weight.size(2) == kTaps && weight.size(3) == kTaps &&
                    bias.dim() == 1 && bias.size(0) == weight.size(0) && input.size() == 4 && input[0] == 1 &&
                    input[1] == weight.size(1) && input[2] >= kTaps && input[3] >= kTaps &&
                    options.stride[0] == 1 && weight.scalar_type() == at::kFloat;
  if (!fits)
    throw InvalidInput(fmt::format(
        "Winograd convolution: expected float32 weights [out, in, 3, 3], one bias per output, one image and stride 1 along the first axis; got weights [{}], image [{}], stride {}",
        fmt::join(weight.sizes(), ", "), fmt::join(input, ", "), options.stride[0]));
}

}  // namespace

WinogradConvolution::WinogradConvolution(const at::Tensor& weight, const at::Tensor& bias,
                                         at::IntArrayRef input_shape, const ConvolutionOptions& options) {
  check(weight, bias, input_shape, options);
  tiles_ = (input_shape[2] - kTaps + kTileRows) / kTileRows;
  bias_ = bias.detach().to(at::kFloat).clone();
  zero_row_ = at::zeros({input_shape[3] * input_shape[1]});
  if (options.activation == Activation::relu) negative_slope_ = 0;
  if (options.activation == Activation::leaky_relu)
    negative_slope_ = static_cast<float>(options.negative_slope);
  const at::Tensor filter =
      at::from_blob(const_cast<double(*)[kTaps]>(kFilter), {kPlanes, kTaps}, at::kDouble);
  // [planes, out, in, 1, 3]
  const at::Tensor planes =
      at::einsum("pt,oitf->poif", {filter, weight.detach().to(at::kDouble)}).to(at::kFloat).unsqueeze(3);
  const at::Tensor no_bias = at::zeros_like(bias_);
  for (std::int64_t plane = 0; plane < kPlanes; ++plane)
    planes_.emplace_back(planes[plane], no_bias, at::IntArrayRef({1, input_shape[1], tiles_, input_shape[3]}),
                         ConvolutionOptions{{1, options.stride[1]}, Activation::none, 0});
}

at::Tensor WinogradConvolution::operator()(const at::Tensor& input) const {
  const std::int64_t channels = input.size(1), height = input.size(2), width = input.size(3);
  const std::int64_t row = width * channels;
  const auto* image = input.const_data_ptr<float>();
  const auto input_row = [&](std::int64_t index) {
    return index < height ? image + index * row : zero_row_.const_data_ptr<float>();
  };
  const at::Tensor planes = at::empty({kPlanes, tiles_, width, channels}, input.options());
  auto* begin = planes.mutable_data_ptr<float>();
  for (std::int64_t tile = 0; tile < tiles_; ++tile) {
    std::array<const float*, kInputRows> rows{};
    std::array<float*, kPlanes> to{};
    for (std::int64_t i = 0; i < kInputRows; ++i) rows[i] = input_row(tile * kTileRows + i);
    for (std::int64_t plane = 0; plane < kPlanes; ++plane) to[plane] = begin + (plane * tiles_ + tile) * row;
    transform_input(rows, to, row);
  }
  std::vector<at::Tensor> products;
  for (std::int64_t plane = 0; plane < kPlanes; ++plane)
    products.push_back(planes_[plane](planes.narrow(0, plane, 1).permute({0, 3, 1, 2})));
  return gather(products, height - kTaps + 1);
}

at::Tensor WinogradConvolution::gather(const std::vector<at::Tensor>& products, std::int64_t height) const {
  const std::int64_t channels = products[0].size(1), width = products[0].size(3), row = width * channels;
  // Whole tiles; the rows beyond `height` are cut off.
  const at::Tensor image = at::empty({1, tiles_ * kTileRows, width, channels}, products[0].options());
  auto* begin = image.mutable_data_ptr<float>();
  for (std::int64_t tile = 0; tile < tiles_; ++tile) {
    std::array<const float*, kPlanes> from{};
    std::array<float*, kTileRows> rows{};
    for (std::int64_t plane = 0; plane < kPlanes; ++plane)
      from[plane] = products[plane].const_data_ptr<float>() + tile * row;
    for (std::int64_t i = 0; i < kTileRows; ++i) rows[i] = begin + (tile * kTileRows + i) * row;
    transform_output(from, bias_.const_data_ptr<float>(), rows, width, channels, negative_slope_);
  }
  return image.narrow(1, 0, height).permute({0, 3, 1, 2});
}

}  // namespace qamro::nn
