#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "qamro/encoders/wavlm/module.h"
#include "qamro/nn/inference_linear.h"
#include "qamro/nn/inference_norm.h"

namespace qamro::encoders::wavlm {

// From samples to projected frames, for inference. Thread-safe.
//
// The frames are computed in blocks of half a second, each from the samples that it sees, so that the results
// between two convolutions stay in cache. This requires the first normalisation's statistics beforehand.
// Since the first convolution is linear, its outputs' mean and variance follow from the mean and covariance
// of the patches of samples that it sees (10 numbers and their 55 products as published), and the
// normalisation becomes part of its weight.
class PackedFrontEnd {
 public:
  static constexpr std::int64_t kBlockFrames = 25;

  PackedFrontEnd(const WavLmModule& module, const nn::Arithmetic& arithmetic);

  struct Output {
    at::Tensor convolved;  // float32 [valid frames, channels]
    at::Tensor projected;  // float32 [valid frames, dim]
  };
  // samples: float32 [1 to window_samples], all valid, at 16 kHz.
  Output forward(const at::Tensor& samples) const;

 private:
  nn::InferenceConvolution normalised_first(const at::Tensor& samples) const;
  void compute_block(const nn::InferenceConvolution& first, const at::Tensor& samples, const Output& output,
                     std::int64_t block) const;

  WavLmConfig config_;
  nn::Arithmetic arithmetic_;
  at::Tensor first_weight_, first_scale_, first_shift_;  // float64: [channels, kernel], [channels] each
  std::vector<nn::InferenceConvolution> convolutions_;   // from the second on
  nn::InferenceNorm norm_;
  nn::InferenceLinear projection_;
};

}  // namespace qamro::encoders::wavlm
