#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace qamro::heads {

// Distance of an embedding from the training clips: the mean square of its standardised values, [n] double.
// It is about 1 for the clips that the standardiser was fitted on. standardised: [n, dim].
at::Tensor distance_from_training(const at::Tensor& standardised);

// Heads trained on few clips give arbitrary scores for audio unlike those clips. The encoder's own score,
// trained on far more clips, does not. So the heads score near the training clips, the encoder scores far
// from them, and in between the score is a mixture.
struct Familiarity {
  double radius = 0;                 // up to this distance only the heads score; > 0
  std::int64_t fallback_column = 0;  // embedding column of the encoder's own score, on the output scale

  // The heads' share, [n] double: 1 up to `radius`, then falling linearly to 0 at 1.25 times `radius`.
  at::Tensor share(const at::Tensor& standardised) const;

  // scores: [n, axes] double, from the heads; embedding, standardised: [n, dim] → [n, axes].
  at::Tensor blend(const at::Tensor& scores, const at::Tensor& embedding,
                   const at::Tensor& standardised) const;

  bool operator==(const Familiarity&) const = default;
};

}  // namespace qamro::heads
