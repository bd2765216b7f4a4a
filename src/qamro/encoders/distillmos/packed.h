#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "qamro/encoders/distillmos/module.h"
#include "qamro/nn/arithmetic.h"
#include "qamro/nn/inference_layers.h"

namespace qamro::encoders::distillmos {

// From samples to projected tokens, for inference: spectrum, convolutions, both BatchNorms (folded) and the
// projection. Thread-safe.
//
// A window is computed in chunks of kChunkTokens tokens, each with the frames that its convolutions look at.
// A chunk is therefore the same computation on one thread, whatever the number of threads, and its
// intermediate results stay near the core. A silent chunk costs nothing, because its tokens are constants;
// all chunks after the end of a short clip are silent. Where the reference pads an inner layer with zeros
// (before the window's first frame and after its last), the chunk's frames are set to zero.
//
// Images are laid out [time, frequency, channel], so that frames are contiguous.
class PackedFrontEnd {
 public:
  // For one window, float32, as in DistillMosOutput.
  struct Output {
    at::Tensor convolved;  // [tokens, channels x frequencies]
    at::Tensor projected;  // [tokens, dim]

    Output chunk(std::int64_t chunk) const;
    void copy_(const Output& other);
  };

  static constexpr std::int64_t kChunkTokens = 48;

  PackedFrontEnd(DistillMosModule& module, const nn::Arithmetic& arithmetic);
  ~PackedFrontEnd();
  PackedFrontEnd(PackedFrontEnd&&) noexcept;
  PackedFrontEnd& operator=(PackedFrontEnd&&) noexcept;

  // window: float32, [122880], as DistillMosModule takes it.
  Output forward(const at::Tensor& window) const;

 private:
  struct Silence;
  // Frames of a chunk at one stage: how many, and where they are.
  struct Frames {
    std::int64_t count = 0;
    std::int64_t first = 0;  // of chunk 0, in the window; negative: before its first frame
    std::int64_t step = 0;   // from chunk to chunk
    std::int64_t total = 0;  // in the window
  };

  // fp32 on the arithmetic's processor.
  nn::Arithmetic exact() const { return {nn::Precision::fp32, arithmetic_.processor}; }
  void plan_frames();
  void pack(DistillMosModule& module);
  at::Tensor pad_window(const at::Tensor& window) const;
  at::Tensor chunk_samples(const at::Tensor& padded, std::int64_t chunk) const;
  Output chunk_tokens(const at::Tensor& samples, std::int64_t chunk) const;
  void fill_silent_chunk(Output tokens, std::int64_t chunk) const;

  DistillMosConfig config_;
  nn::Arithmetic arithmetic_;
  std::vector<Frames> frames_;  // of the spectrum and of each convolution's output
  std::vector<std::function<at::Tensor(const at::Tensor&)>> convolutions_;
  nn::InferenceLinear projection_;
  std::unique_ptr<Silence> silence_;
};

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
