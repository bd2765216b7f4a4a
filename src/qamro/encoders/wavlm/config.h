#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
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

// "[(512,10,5)] + [(512,3,2)] * 4 + [(512,2,2)] * 2": 20 ms per frame.
std::vector<ConvLayer> published_conv_layers();

// Sizes of a WavLM network (`WavLMConfig` in wavlm.py). The defaults are Audiobox-Aesthetics', which is
// WavLM-base(+) on windows of 10 s. Only the base variant's structure is read: GroupNorm over time after the
// first convolution, normalisation after the residual sums, gated relative position bias, GELU.
struct WavLmConfig {
  static constexpr int kSampleRateHz = 16000;
  static constexpr std::int64_t kLongestWindow = 7200LL * 16000;  // two hours
  static constexpr double kNormEpsilon = 1e-5;

  // Shown by the tensors' shapes (except the convolutions' strides).
  std::vector<ConvLayer> conv_layers = published_conv_layers();
  std::int64_t dim = 768;              // of the Transformer
  std::int64_t feed_forward = 3072;    // inner size of its layers
  std::int64_t layers = 12;            // gives layers + 1 outputs: the input of the first counts as one
  std::int64_t heads = 12;             // of its attention
  std::int64_t position_kernel = 128;  // frames that the positional convolution sees
  std::int64_t position_groups = 16;
  std::int64_t buckets = 320;  // of relative positions, half of them for each direction

  // Shown by no tensor.
  std::int64_t max_distance = 800;  // in frames; all larger distances share the last bucket
  // Samples of the zero-padded window that the reference computes: the first normalisation's statistics and
  // the frame mask depend on it.
  std::int64_t window_samples = 160000;

  // Whether windows are first divided by their root mean square, x / sqrt(mean(x²) + 1e-9) over the valid
  // samples, as the published training program of QAMRO's track 2 can do. The reference does not.
  bool normalise_rms = false;

  // For training; inference ignores them.
  double dropout = 0.1;                 // after the position, each attention and each feed-forward block
  double attention_dropout = 0.1;       // of the attention's weights
  double activation_dropout = 0.0;      // after the feed-forward block's GELU
  double input_dropout = 0.1;           // of the projected features
  double layer_dropout = 0.05;          // probability that a window leaves out a whole layer
  double feature_gradient_scale = 0.1;  // factor on the convolutions' gradient; 0 keeps them as they are

  // Samples from one frame to the next, and samples that make up one frame (320 and 400 as published).
  std::int64_t frame_step() const;
  std::int64_t receptive_field() const;
  // Outputs of the first and of the last convolution over a whole window.
  std::int64_t first_frames() const;
  std::int64_t frames() const;
  // Frames that the reference takes for valid if a window's first `valid_samples` (1 to window_samples) are.
  // Frame i is valid if any of the samples [s i, s i + s) is, where s = window_samples / frames() rounded
  // down. `WavLM.forward_padding_mask`.
  std::int64_t valid_frames(std::int64_t valid_samples) const;
  // Samples from the window's start that make up this many frames.
  std::int64_t samples_of(std::int64_t frames) const {
    return frame_step() * (frames - 1) + receptive_field();
  }

  // Throws InvalidInput if the sizes do not fit together.
  void validate() const;

  bool operator==(const WavLmConfig&) const = default;
};

// Reads the sizes from the tensors' shapes. The rest is as in `declared`, what the file itself says about the
// network. Without it the published values hold, and convolutions with other kernels are refused, since no
// tensor shows their strides. Throws CheckpointError, naming `file` and the tensor or size, if a needed
// tensor is missing, its shape cannot belong to a WavLM network, or `declared` contradicts the tensors.
WavLmConfig config_from_state_dict(const io::StateDict& state, std::string_view file,
                                   const WavLmConfig* declared = nullptr);

// The settings under the names of `WavLMConfig`: "cfg" in Microsoft's checkpoints, and "encoder_config" in
// qamro's model.json, which adds "window_samples" and "normalise_rms". A missing key has the reference's
// default; keys that concern only pre-training are ignored. Throws CheckpointError that names `file` and the
// key for a value of another type, sizes that do not fit together, and settings that only other variants of
// the network have ("extractor_mode": expected "default", got "layer_norm").
WavLmConfig config_from_json(const nlohmann::ordered_json& json, std::string_view file);
nlohmann::ordered_json to_json(const WavLmConfig& config);

// "[(512,10,5)] + [(512,3,2)] * 4" and back. Throws InvalidInput for anything but sums of lists of triples,
// each optionally times a number, and for more than 100 layers.
std::vector<ConvLayer> parse_conv_layers(const std::string& text);
std::string conv_layers_text(const std::vector<ConvLayer>& layers);

}  // namespace qamro::encoders::wavlm
