#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "qamro/encoders/wavlm/module.h"
#include "qamro/nn/onednn.h"
#include "qamro/nn/precision.h"

namespace qamro::encoders::wavlm {

// From samples to projected frames, for inference. Thread-safe.
//
// The frames are computed in blocks of half a second, each from the samples that it sees, so that what lies
// between two convolutions stays in cache. That takes what the first normalisation needs to know beforehand:
// the first convolution being linear, its outputs' mean and variance follow from those of the patches of
// samples that it sees (10 numbers and their 55 products as published), and the normalisation becomes part of
// its weight.
class PackedFrontEnd {
 public:
  static constexpr std::int64_t kBlockFrames = 25;

  PackedFrontEnd(const WavLmModule& module, nn::Precision precision);

  struct Output {
    at::Tensor convolved;  // float32 [valid frames, channels]
    at::Tensor projected;  // float32 [valid frames, dim]
  };
  // samples: float32 [1 to window_samples], all valid, at 16 kHz.
  Output forward(const at::Tensor& samples) const;

 private:
  nn::PackedConvolution normalised_first(const at::Tensor& samples) const;
  void compute_block(const nn::PackedConvolution& first, const at::Tensor& samples, const Output& output,
                     std::int64_t block) const;

  WavLmConfig config_;
  nn::Precision precision_;
  at::Tensor first_weight_, first_scale_, first_shift_;  // float64: [channels, kernel], [channels] each
  using Convolution = std::function<at::Tensor(const at::Tensor& image)>;
  Convolution pack(const at::Tensor& weight, std::int64_t stride, std::int64_t length) const;

  std::vector<Convolution> convolutions_;  // from the second on
  bool takes_any_length_;                  // each of them; otherwise they take whole blocks
  at::Tensor norm_weight_, norm_bias_;     // [channels]
  nn::PackedLinear projection_;
};

}  // namespace qamro::encoders::wavlm
