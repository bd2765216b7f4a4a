#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "qamro/features/complex_spectrum.h"
#include "qamro/io/state_dict.h"

namespace qamro::encoders::distillmos {

// Sizes of a Distill-MOS network (distillmos/sqa.py and xls_r_sqa/config.py). The defaults are version 7's.
struct DistillMosConfig {
  // Fixed by the reference's code; no tensor shows them.
  static constexpr int kSampleRateHz = 16000;
  static constexpr std::int64_t kWindowSamples = 122880;  // 7.68 s
  static constexpr double kLeakySlope = 0.1;
  static constexpr std::int64_t kHeads = 8;

  // Shown by the tensors' shapes.
  std::vector<std::int64_t> channels = {64, 64, 128, 256, 256, 256};  // one per convolution
  std::int64_t tokens = 384;
  std::int64_t dim = 200;           // of the Transformer
  std::int64_t feed_forward = 400;  // inner size of its layers
  std::int64_t layers = 7;
  std::int64_t pool_hidden = 400;  // inner size of the attention pooling

  features::ComplexSpectrumOptions spectrum() const { return {}; }
  std::int64_t frames() const { return spectrum().frames(kWindowSamples); }
  // Frequency step and time step of a convolution: all but the first halve the frequencies, and the last also
  // halves the frames.
  std::int64_t frequency_stride(std::size_t convolution) const { return convolution == 0 ? 1 : 2; }
  std::int64_t time_stride(std::size_t convolution) const {
    return convolution + 1 == channels.size() ? 2 : 1;
  }
  // Frequencies left after the last convolution.
  std::int64_t frequencies() const;
  // Width of a token before the projection: channels x frequencies, with the channel as the slow index.
  std::int64_t token_features() const { return channels.back() * frequencies(); }
  // Tokens that hold audio if a window's first `samples` samples do: token i stands for samples
  // [320 i, 320 i + 320). At least 1.
  std::int64_t valid_tokens(std::int64_t samples) const;

  // Throws InvalidInput if the sizes do not fit together.
  void validate() const;

  bool operator==(const DistillMosConfig&) const = default;
};

// Reads the sizes from the tensors' shapes. Throws CheckpointError, naming `file` and the tensor or size, if
// a needed tensor is missing or its shape cannot belong to a Distill-MOS network.
DistillMosConfig config_from_state_dict(const io::StateDict& state, std::string_view file);

}  // namespace qamro::encoders::distillmos
