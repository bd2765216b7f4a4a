#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "qamro/core/random.h"
#include "qamro/heads/mlp_head.h"
#include "qamro/io/state_dict.h"

namespace qamro::heads {

// The questions put to listeners of text-to-music systems (AudioMOS 2025, track 1): musical impression, and
// how well the music fits its prompt.
inline constexpr std::array<const char*, 2> kClapAxes = {"MI", "TA"};

// Sizes and variants of the paper's heads on CLAP.
struct ClapHeadsOptions {
  std::int64_t embedding_dim = 512;  // of an audio embedding and of a text embedding
  std::array<std::int64_t, 2> hidden = {256, 64};
  Activation activation = Activation::kRelu;  // as in the paper; the published code has none
  double dropout = 0.0;                       // after both hidden layers, in [0, 1)

  // Throws InvalidInput.
  void validate() const;
  bool operator==(const ClapHeadsOptions&) const = default;
};

// Two three-layer MLPs: the audio embedding → MI, [audio, text] → TA. Parameters have the published code's
// names: {overall,textual}_mlp_layer{1,2,3}.{weight,bias}. The published code never builds its concatenation;
// [audio, text] follows the MusicEval baseline.
class ClapHeads {
 public:
  // The same seed gives the same bits everywhere. Throws InvalidInput.
  ClapHeads(const ClapHeadsOptions& options, std::uint64_t seed);
  // Copies the tensors, whose shapes give the sizes. `state` must hold the tensors of these heads and no
  // others. Throws CheckpointError that names `file` and the tensors that are missing, unexpected, misshapen
  // or not float32.
  ClapHeads(Activation activation, const io::StateDict& state, std::string_view file);

  // The dropout masks of one training step over n rows; undefined if the rate is 0.
  std::vector<at::Tensor> draw_dropout(std::int64_t n, Random& random) const;
  // audio, text: [n, embedding_dim] → [n, 2], MI and TA in the training scale of the labels. If `text` is
  // undefined, TA is NaN. `dropout` comes from draw_dropout(); if empty, nothing is dropped. Throws
  // InvalidInput for other shapes.
  at::Tensor forward(const at::Tensor& audio, const at::Tensor& text,
                     std::span<const at::Tensor> dropout = {}) const;

  io::StateDict named_parameters() const;
  const ClapHeadsOptions& options() const { return options_; }

 private:
  ClapHeadsOptions options_;
  std::vector<MlpHead> heads_;  // overall, textual
};

// Whether a tensor with this name belongs to these heads.
bool is_of_clap_heads(std::string_view name);

}  // namespace qamro::heads
