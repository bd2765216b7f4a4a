#pragma once

#include <torch/csrc/stable/tensor.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <tuple>

#include "qamro/core/error.h"

namespace qamro::python {

using torch::stable::Tensor;

// losses [axes] in pred's dtype; the gradient of each axis' loss, shaped as pred; int64 [axes]: the number of
// pairs that count or, for listwise losses, 1 if the axis has two different labels, else 0.
using LossAndGradient = std::tuple<Tensor, Tensor, Tensor>;

// Turns the library's InvalidInput into an exception that torch 2.11 shows as a Python ValueError. Newer
// versions show a RuntimeError with the same message, whatever the type; python/qamro/_operators.py turns
// that into a ValueError, too.
template <typename Call>
auto with_python_errors(const Call& call) {
  try {
    return call();
  } catch (const InvalidInput& error) {
    throw std::invalid_argument(error.what());
  }
}

// The operators; library.cpp has their schemas.
LossAndGradient ranking_loss(const Tensor& pred, const Tensor& target, const std::optional<Tensor>& weight,
                             const std::optional<Tensor>& group, double margin, double margin_scale,
                             double preference_factor, std::int64_t scope, std::optional<double> quality_low,
                             std::optional<double> quality_high, std::int64_t quality_table, bool mean);
LossAndGradient listnet_loss(const Tensor& pred, const Tensor& target, double temperature);
LossAndGradient listmle_loss(const Tensor& pred, const Tensor& target, std::int64_t position_weights,
                             const std::optional<Tensor>& weights);
LossAndGradient ranknet_loss(const Tensor& pred, const Tensor& target, double sigma);
LossAndGradient lambda_rank_loss(const Tensor& pred, const Tensor& target, std::int64_t metric, double sigma,
                                 std::int64_t gain, std::int64_t truncation, bool mean);
LossAndGradient spearman_loss(const Tensor& pred, const Tensor& target, double regularization_strength);

// ranks, shaped as values; block, int64 of the same shape: elements of a column with equal numbers share a
// block of the projection, over which the derivative averages.
std::tuple<Tensor, Tensor> soft_rank(const Tensor& values, double regularization_strength);

}  // namespace qamro::python
