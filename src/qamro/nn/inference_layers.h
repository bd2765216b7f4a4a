#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "qamro/nn/arithmetic.h"
#include "qamro/nn/row_kernels.h"
#include "qamro/nn/row_product.h"

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

// y = activation(x Wᵀ + b) in a given arithmetic. A row's bits depend on that row alone. CPU, inference only,
// on the calling thread; no autograd. Thread-safe.
//
// Input and output rows have the arithmetic's type (Arithmetic::rows); sums with a residual are float32.
// Every call throws InvalidInput for rows of another type or width.
class InferenceLinear {
 public:
  InferenceLinear() = default;
  // weight: float32 [out, in]; bias: float32 [out].
  InferenceLinear(const at::Tensor& weight, const at::Tensor& bias, const Arithmetic& arithmetic,
                  Activation activation = Activation::none);
  // The same with the product kind Arithmetic::other, for layers outside the Transformer.
  static InferenceLinear other(const at::Tensor& weight, const at::Tensor& bias, Arithmetic arithmetic,
                               Activation activation = Activation::none);

  // input: [rows, in] -> [rows, out]
  at::Tensor operator()(const at::Tensor& input) const;
  // Writes to `output`, [rows, out] of the arithmetic's type or float32; its rows need not be contiguous.
  void write(const at::Tensor& input, const at::Tensor& output) const;
  // Returns, or writes to `output`, the result plus `residual`, float32 [rows, out], as float32.
  at::Tensor add(const at::Tensor& input, const at::Tensor& residual) const;
  void add(const at::Tensor& input, const at::Tensor& residual, const at::Tensor& output) const;

 private:
  void run(const at::Tensor& input, const at::Tensor* residual, const at::Tensor& output) const;

  std::shared_ptr<const RowProduct> product_;
  std::int64_t inputs_ = 0, outputs_ = 0;
  at::Tensor bias_;
  Activation activation_ = Activation::none;
  at::ScalarType rows_ = at::kFloat;
};

// A one-dimensional convolution without padding, then the activation; channels last. Thread-safe.
class InferenceConvolution {
 public:
  InferenceConvolution() = default;
  // weight: float32 [out, in, kernel]; bias: float32 [out], or undefined.
  InferenceConvolution(const at::Tensor& weight, const at::Tensor& bias, std::int64_t stride,
                       ProductKind kind, const Arithmetic& arithmetic, Activation activation);
  // input: [time, in] of the arithmetic's type, contiguous -> [(time - kernel) / stride + 1, out]
  at::Tensor operator()(const at::Tensor& input) const;
  // Writes to `output`, of the arithmetic's type or float32.
  void write(const at::Tensor& input, const at::Tensor& output) const;

 private:
  std::int64_t steps(const at::Tensor& input) const;

  std::shared_ptr<const RowProduct> product_;
  std::int64_t channels_ = 0, kernel_ = 0, stride_ = 1, outputs_ = 0;
  at::Tensor bias_;
  Activation activation_ = Activation::none;
  at::ScalarType rows_ = at::kFloat;
};

// Normalised rows, exact and as the next product takes them: the same tensor if the product takes float32.
struct NormalisedRows {
  at::Tensor exact;  // float32
  at::Tensor rows;   // of type Arithmetic::rows
};

// Layer normalisation over the last dimension, with its own copy of the parameters. No autograd. Thread-safe.
class InferenceNorm {
 public:
  InferenceNorm() = default;
  // weight, bias: float32 [dim].
  InferenceNorm(const at::Tensor& weight, const at::Tensor& bias, const Arithmetic& arithmetic,
                double epsilon = 1e-5);
  // rows: float32 [rows, dim], each row contiguous. Throws InvalidInput for another type or width.
  NormalisedRows operator()(const at::Tensor& rows) const;
  // Writes the exact rows to `exact`, float32 [rows, dim]. Returns the rows that the next product takes.
  at::Tensor write(const at::Tensor& rows, const at::Tensor& exact) const;
  // Returns only the rows that the next product takes.
  at::Tensor rounded(const at::Tensor& rows) const;

 private:
  void run(const at::Tensor& rows, const RowTarget& to) const;

  at::Tensor weight_, bias_;
  float epsilon_ = 0;
  bool is_plain_ = false;
  at::ScalarType rows_ = at::kFloat;
};

// A grouped one-dimensional convolution of many taps, y[t] = Σ_k w[k] x[t + k - kernel / 2] with zeros
// outside x. CPU, inference only. Thread-safe.
//
// float32 uses the fast Fourier transform in overlapping blocks (overlap-save: Oppenheim and Schafer,
// "Discrete-Time Signal Processing", section 8.7.3). With 48 channels per group and 128 taps this takes a
// twentieth of the plain sum's operations, with the same rounding error. bfloat16 uses one product with
// overlapping rows, whose faster instructions make up for the extra operations.
class LongConvolution {
 public:
  // weight: float32 [out, in / groups, kernel]; out a multiple of groups.
  LongConvolution(const at::Tensor& weight, std::int64_t groups, const Arithmetic& arithmetic = {});

  std::int64_t groups() const { return groups_; }
  // input: float32 [frames, in] with at least one frame; group: its index. Returns float32
  // [frames, out / groups].
  at::Tensor operator()(const at::Tensor& input, std::int64_t group) const;

 private:
  at::Tensor by_transform(const at::Tensor& channels, std::int64_t group) const;

  // length_: samples of one transform; step_: how many of its results are free of wrap-around.
  std::int64_t groups_, channels_, outputs_, kernel_, step_, length_;
  at::ScalarType rows_;
  at::Tensor spectra_;  // complex, conjugate: [groups, frequencies, in / groups, out / groups]
  std::vector<InferenceConvolution> products_;  // one per group; empty with the Fourier transform
};

}  // namespace qamro::nn
