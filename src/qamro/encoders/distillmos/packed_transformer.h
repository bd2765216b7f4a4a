#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "qamro/encoders/distillmos/module.h"
#include "qamro/nn/inference_norm.h"
#include "qamro/nn/onednn.h"
#include "qamro/nn/precision.h"

namespace qamro::encoders::distillmos {

// From projected tokens to the score, for inference. All tokens, since the reference has no mask.
// Thread-safe.
class PackedTransformer {
 public:
  static constexpr std::int64_t kRowChunks = 4;

  PackedTransformer(DistillMosModule& module, nn::Precision precision);

  // projected: float32, [tokens, dim]. Fills in a batch of one window.
  DistillMosOutput forward(const at::Tensor& projected) const;

 private:
  struct Layer {
    nn::PackedLinear query_key_value, output, expand, contract;
    nn::InferenceNorm norm1, norm2;
  };

  Layer pack(EncoderLayerImpl& layer) const;
  nn::PackedLinear pack(const at::Tensor& weight, const at::Tensor& bias,
                        nn::Activation activation = nn::Activation::none) const;
  std::int64_t chunk_rows() const { return config_.tokens / kRowChunks; }
  at::Tensor rows(const at::Tensor& tokens, std::int64_t chunk) const;
  at::Tensor attend(const at::Tensor& query_key_value) const;
  at::Tensor finish(const Layer& layer, const at::Tensor& attended, const at::Tensor& tokens) const;
  void score(DistillMosOutput& output) const;

  DistillMosConfig config_;
  nn::Precision precision_;
  at::ScalarType type_;  // of what the heavy products take in
  at::Tensor position_encoding_;
  std::vector<Layer> layers_;
  at::Tensor norm_scale_, norm_shift_;
  nn::PackedLinear pool_hidden_;
  at::Tensor pool_weight_, pool_bias_, mos_weight_, mos_bias_;
};

}  // namespace qamro::encoders::distillmos
