#pragma once

#include <ATen/core/Tensor.h>

namespace torch::nn {
class BatchNorm1dImpl;
class LinearImpl;
}  // namespace torch::nn

namespace qamro::nn {

// y = scale * x + shift per channel, in float64: what a BatchNorm does in inference.
struct Affine {
  at::Tensor scale, shift;  // [channels]

  // Applies `first`, then `second`.
  static Affine chain(const Affine& first, const Affine& second);
};

// From the running statistics. Throws InvalidInput if the norm keeps none.
Affine inference_affine(const torch::nn::BatchNorm1dImpl& norm);

// Weight and bias of one linear layer that applies the affine map and then `linear`; float64.
struct FoldedLinear {
  at::Tensor weight;  // [out, in]
  at::Tensor bias;    // [out]
};
FoldedLinear fold(const Affine& affine, const torch::nn::LinearImpl& linear);

}  // namespace qamro::nn
