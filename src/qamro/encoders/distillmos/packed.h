#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "qamro/encoders/distillmos/module.h"
#include "qamro/encoders/distillmos/packed_front_end.h"
#include "qamro/nn/arithmetic.h"
#include "qamro/nn/inference_linear.h"
#include "qamro/nn/inference_norm.h"

namespace qamro::encoders::distillmos {

// From projected tokens to the score, for inference. Thread-safe. Uses all tokens: the reference has no mask.
class PackedTransformer {
 public:
  static constexpr std::int64_t kRowChunks = 4;

  PackedTransformer(DistillMosModule& module, const nn::Arithmetic& arithmetic);

  // projected: float32, [tokens, dim]. Returns a batch of one window, without `convolved`.
  DistillMosOutput forward(const at::Tensor& projected) const;

 private:
  struct Layer {
    nn::InferenceLinear query_key_value, output, expand, contract;
    nn::InferenceNorm norm1, norm2;
  };

  Layer pack(EncoderLayerImpl& layer) const;
  std::int64_t chunk_rows() const { return config_.tokens / kRowChunks; }
  at::Tensor rows(const at::Tensor& tokens, std::int64_t chunk) const;
  at::Tensor attend(const at::Tensor& query_key_value) const;
  // Writes to `next`, float32. Returns the same rows as products take them.
  at::Tensor finish(const Layer& layer, const at::Tensor& attended, const at::Tensor& tokens,
                    const at::Tensor& next) const;
  void score(DistillMosOutput& output) const;

  DistillMosConfig config_;
  nn::Arithmetic arithmetic_;
  at::Tensor position_encoding_;
  std::vector<Layer> layers_;
  at::Tensor norm_scale_, norm_shift_;
  nn::InferenceLinear pool_hidden_;
  at::Tensor pool_weight_, pool_bias_, mos_weight_, mos_bias_;
};

// DistillMosModule for fast inference on the CPU: the same results, up to fp32 rounding (or bf16's).
//
// Windows are computed one by one. A window's output has the same bits whatever the other windows, whatever
// was computed before, and whatever the number of intra-op threads. Thread-safe. For the most windows per
// second, call it from as many threads as there are cores, with at::set_num_threads(1); for the least time
// per window, from one thread with at::set_num_threads(cores).
class PackedDistillMos {
 public:
  // Copies the module as it is now, as in eval(); later changes to its parameters do not reach the copy.
  explicit PackedDistillMos(DistillMosModule& module, const nn::Arithmetic& arithmetic = {});

  // windows: as in DistillMosModule::forward. No autograd. Throws InvalidInput for another shape or type.
  DistillMosOutput forward(const at::Tensor& windows) const;

  const DistillMosConfig& config() const { return config_; }

 private:
  DistillMosConfig config_;
  PackedFrontEnd front_end_;
  PackedTransformer transformer_;
};

// One window, [1, 122880]: at most 122880 samples at 16 kHz, zero-padded. Throws InvalidInput for more.
at::Tensor pad_to_window(std::span<const float> samples);

}  // namespace qamro::encoders::distillmos
