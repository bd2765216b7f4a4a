#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace qamro::predictors {

// How unlike the training clips an embedding is: the mean square of its standardised values, [n] double;
// about 1 for the clips that the standardiser was fitted on. standardised: [n, dim].
at::Tensor distance_from_training(const at::Tensor& standardised);

// Heads that few clips have trained say anything at all of audio unlike those clips; the encoder's own score,
// trained on far more, does not. So near the training clips the heads speak, far from them the encoder does,
// and in between a mixture.
struct Familiarity {
  double radius = 0;                 // distance up to which the heads alone speak, > 0
  std::int64_t fallback_column = 0;  // of the embedding: the encoder's own score, on the output scale

  // The heads' share, [n] double: 1 up to `radius`, falling linearly to 0 at 1.25 times that.
  at::Tensor share(const at::Tensor& standardised) const;

  // scores [n, axes] double, of the heads; embedding and standardised [n, dim] -> [n, axes].
  at::Tensor blend(const at::Tensor& scores, const at::Tensor& embedding,
                   const at::Tensor& standardised) const;

  bool operator==(const Familiarity&) const = default;
};

}  // namespace qamro::predictors
