#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "qamro/encoders/distillmos/module.h"
#include "qamro/nn/inference_linear.h"

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

}  // namespace qamro::encoders::distillmos
