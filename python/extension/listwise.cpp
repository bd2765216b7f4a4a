#include <cmath>

#include "columns.h"
#include "operators.h"
#include "qamro/losses/listwise_axis.h"
#include "qamro/losses/option_checks.h"
#include "qamro/losses/permutahedron.h"

namespace qamro::python {
namespace {

LossAndGradient loss_of_batch(const char* loss, const Tensor& pred, const Tensor& target,
                              const losses::ListwiseKernel& kernel) {
  const Shape shape = check_pred_and_target(loss, pred, target);
  std::vector<double> values;
  const Tensor gradient = zeros_like(pred);
  const Tensor counts = int64_zeros(pred, shape.axes);
  for (std::int64_t axis = 0; axis < shape.axes; ++axis) {
    const losses::ListwiseAxisLoss term =
        losses::listwise_loss_of_axis(read_checked(loss, "pred", pred, axis, false),
                                      read_checked(loss, "target", target, axis, true), kernel);
    check_finite_loss(loss, pred, term.value);
    values.push_back(term.value);
    write_column(gradient, axis, term.gradient);
    int64_data(counts)[axis] = term.counts ? 1 : 0;
  }
  return {from_values(pred, values), gradient, counts};
}

}  // namespace

LossAndGradient listnet_loss(const Tensor& pred, const Tensor& target, double temperature) {
  return with_python_errors([&] {
    losses::check_positive("listnet_loss: temperature", temperature);
    return loss_of_batch("listnet_loss", pred, target, [&](auto prediction, auto labels, auto gradient) {
      return losses::listnet_of_axis(prediction, labels, temperature, gradient);
    });
  });
}

LossAndGradient listmle_loss(const Tensor& pred, const Tensor& target, std::int64_t position_weights,
                             const std::optional<Tensor>& weights) {
  return with_python_errors([&] {
    losses::ListMleOptions options;
    options.position_weights = static_cast<losses::PositionWeights>(position_weights);
    if (weights) {
      check_table("listmle_loss", "position_weights", *weights);
      options.weights = read_column(*weights, 0);
    }
    options.validate();
    if (pred.dim() > 0) options.check_rows(static_cast<std::size_t>(pred.size(0)));
    return loss_of_batch("listmle_loss", pred, target, [&](auto prediction, auto labels, auto gradient) {
      return losses::listmle_of_axis(prediction, labels, options, gradient);
    });
  });
}

LossAndGradient ranknet_loss(const Tensor& pred, const Tensor& target, double sigma) {
  return with_python_errors([&] {
    losses::check_positive("ranknet_loss: sigma", sigma);
    return loss_of_batch("ranknet_loss", pred, target, [&](auto prediction, auto labels, auto gradient) {
      return losses::ranknet_of_axis(prediction, labels, sigma, gradient);
    });
  });
}

LossAndGradient lambda_rank_loss(const Tensor& pred, const Tensor& target, std::int64_t metric, double sigma,
                                 std::int64_t gain, std::int64_t truncation, bool mean) {
  return with_python_errors([&] {
    losses::LambdaRankOptions options;
    options.metric = metric == 0 ? losses::SwapMetric::kNdcg : losses::SwapMetric::kSpearman;
    options.sigma = sigma;
    options.gain = gain == 0 ? losses::Gain::kExponential : losses::Gain::kLinear;
    options.truncation = truncation;
    options.reduction = mean ? losses::Reduction::kMean : losses::Reduction::kSum;
    options.validate();
    return loss_of_batch("lambda_rank_loss", pred, target, [&](auto prediction, auto labels, auto gradient) {
      return losses::lambda_rank_of_axis(prediction, labels, options, gradient);
    });
  });
}

LossAndGradient spearman_loss(const Tensor& pred, const Tensor& target, double regularization_strength) {
  return with_python_errors([&] {
    losses::check_positive("spearman_loss: regularization_strength", regularization_strength);
    return loss_of_batch("spearman_loss", pred, target, [&](auto prediction, auto labels, auto gradient) {
      return losses::spearman_of_axis(prediction, labels, regularization_strength, gradient);
    });
  });
}

std::tuple<Tensor, Tensor> soft_rank(const Tensor& values, double regularization_strength) {
  return with_python_errors([&]() -> std::tuple<Tensor, Tensor> {
    losses::check_positive("soft_rank: regularization_strength", regularization_strength);
    const Shape shape = check_table("soft_rank", "values", values);
    const Tensor ranks = zeros_like(values);
    const Tensor block = int64_zeros_like(values);
    for (std::int64_t axis = 0; axis < shape.axes; ++axis) {
      const losses::PermutahedronProjection projection = losses::project_onto_permutahedron(
          read_checked("soft_rank", "values", values, axis, false), regularization_strength);
      for (const double rank : projection.point)
        if (!std::isfinite(rank))
          throw InvalidInput("soft_rank: values: expected differences that are finite, got an overflow");
      write_column(ranks, axis, projection.point);
      for (std::size_t i = 0; i < projection.block.size(); ++i)
        int64_data(block)[static_cast<std::int64_t>(i) * shape.axes + axis] = projection.block[i];
    }
    return {ranks, block};
  });
}

}  // namespace qamro::python
