#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "qamro/core/random.h"
#include "qamro/io/state_dict.h"
#include "qamro/predictors/mlp_head.h"

namespace qamro::predictors {

// What listeners of text-to-music systems were asked (AudioMOS 2025, track 1): musical impression, and how
// well the music fits its prompt.
inline constexpr std::array<const char*, 2> kClapAxes = {"MI", "TA"};

// Sizes and variants of the paper's heads on CLAP.
struct ClapHeadsOptions {
  std::int64_t embedding_dim = 512;  // of an embedding of audio, and of one of text
  std::array<std::int64_t, 2> hidden = {256, 64};
  Activation activation = Activation::kRelu;  // the paper; the published code has none
  double dropout = 0.0;                       // after both hidden layers, in [0, 1)

  // Throws InvalidInput.
  void validate() const;
  bool operator==(const ClapHeadsOptions&) const = default;
};

// Two MLPs of three layers: the audio's embedding → MI, [audio, text] → TA. Parameters by the published
// code's names: {overall,textual}_mlp_layer{1,2,3}.{weight,bias}. The published code never builds its
// concatenation; [audio, text] is the MusicEval baseline's.
class ClapHeads {
 public:
  // The same seed gives the same bits everywhere. Throws InvalidInput.
  ClapHeads(const ClapHeadsOptions& options, std::uint64_t seed);
  // Takes the tensors as they are; `state` holds these heads' and no others. Sizes come from the tensors.
  // Throws CheckpointError that names `file` and every tensor that is missing, unexpected, misshapen or not
  // float32.
  ClapHeads(Activation activation, const io::StateDict& state, std::string_view file);

  // The masks of one training step over n rows; undefined where the rate is 0.
  std::vector<at::Tensor> draw_dropout(std::int64_t n, Random& random) const;
  // audio, text: [n, embedding_dim] → [n, 2], MI and TA in the training scale of the labels. `text`
  // undefined: TA is NaN. `dropout`: as drawn; empty: nothing is dropped. Throws InvalidInput for other
  // shapes.
  at::Tensor forward(const at::Tensor& audio, const at::Tensor& text,
                     std::span<const at::Tensor> dropout = {}) const;

  io::StateDict named_parameters() const;
  const ClapHeadsOptions& options() const { return options_; }

 private:
  ClapHeadsOptions options_;
  std::vector<MlpHead> heads_;  // overall, textual
};

// Whether a tensor of that name belongs to such heads.
bool is_of_clap_heads(std::string_view name);

}  // namespace qamro::predictors
