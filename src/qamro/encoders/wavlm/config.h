#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "qamro/io/state_dict.h"

namespace qamro::encoders::wavlm {

// One convolution of the front end, without bias.
struct ConvLayer {
  std::int64_t channels = 0;
  std::int64_t kernel = 0;
  std::int64_t stride = 0;

  bool operator==(const ConvLayer&) const = default;
};

// "[(512,10,5)] + [(512,3,2)] * 4 + [(512,2,2)] * 2": 20 ms a frame.
std::vector<ConvLayer> published_conv_layers();

// Sizes of a WavLM network (`WavLMConfig` in wavlm.py). The defaults are those of Audiobox-Aesthetics, which
// is WavLM-base(+) seen through windows of 10 s. Only the base variant's structure is read: GroupNorm over
// time behind the first convolution, normalisation after the residual sums, gated relative position bias,
// GELU.
struct WavLmConfig {
  static constexpr int kSampleRateHz = 16000;
  static constexpr double kNormEpsilon = 1e-5;

  // Shown by the tensors' shapes (but for the convolutions' strides).
  std::vector<ConvLayer> conv_layers = published_conv_layers();
  std::int64_t dim = 768;              // of the Transformer
  std::int64_t feed_forward = 3072;    // inner size of its layers
  std::int64_t layers = 12;            // so layers + 1 outputs: its input is one of them
  std::int64_t heads = 12;             // of its attention
  std::int64_t position_kernel = 128;  // frames that the positional convolution sees
  std::int64_t position_groups = 16;
  std::int64_t buckets = 320;  // of relative positions, half of them for each direction

  // Shown by no tensor.
  std::int64_t max_distance = 800;  // in frames: all beyond share the last bucket
  // Samples of the zero-padded window that the reference computes: the first normalisation's statistics and
  // the frame mask depend on it.
  std::int64_t window_samples = 160000;

  // Of training; inference does not see them.
  double dropout = 0.1;                 // behind the position, each attention and each feed-forward block
  double attention_dropout = 0.1;       // of the attention's weights
  double activation_dropout = 0.0;      // behind the feed-forward block's GELU
  double input_dropout = 0.1;           // of the projected features
  double layer_dropout = 0.05;          // a whole layer is left out
  double feature_gradient_scale = 0.1;  // of what the convolutions are given back; 0: they stay as they are

  // Samples from one frame to the next, and samples that one frame is made of (320 and 400 as published).
  std::int64_t frame_step() const;
  std::int64_t receptive_field() const;
  // Outputs of the first convolution, and of the last, over a whole window.
  std::int64_t first_frames() const;
  std::int64_t frames() const;
  // Frames that the reference takes for valid when a window's first `valid_samples` (1 to window_samples)
  // are: those any of whose samples [step i, step i + step) is. `WavLM.forward_padding_mask`.
  std::int64_t valid_frames(std::int64_t valid_samples) const;
  // Samples, from the window's start, that that many frames are made of.
  std::int64_t samples_of(std::int64_t frames) const {
    return frame_step() * (frames - 1) + receptive_field();
  }

  // Throws InvalidInput where the sizes do not fit together.
  void validate() const;

  bool operator==(const WavLmConfig&) const = default;
};

// Reads the sizes off the tensors' shapes. The rest is as in `declared`, what the file itself says of the
// network; without it the published values hold, and convolutions of other kernels than the published are
// refused, since no tensor shows their strides. Throws CheckpointError, naming `file` and the tensor or size,
// where a tensor that is needed is missing, its shape cannot belong to such a network, or `declared` says
// otherwise than the tensors.
WavLmConfig config_from_state_dict(const io::StateDict& state, std::string_view file,
                                   const WavLmConfig* declared = nullptr);

}  // namespace qamro::encoders::wavlm
