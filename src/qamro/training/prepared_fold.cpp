#include "qamro/training/prepared_fold.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "qamro/core/error.h"

namespace qamro::training {
namespace {

at::Tensor rows(const at::Tensor& values, const std::vector<std::int64_t>& clips) {
  return values.index_select(0, at::tensor(clips, at::kLong));
}

// labels [n, axes], NaN where missing.
std::vector<predictors::TargetTransform> fit_transforms(const Recipe& recipe, const at::Tensor& labels) {
  std::vector<predictors::TargetTransform> transforms;
  for (std::int64_t axis = 0; axis < labels.size(1); ++axis) {
    const at::Tensor column = labels.select(1, axis);
    const at::Tensor known = column.masked_select(at::isfinite(column));
    if (known.numel() == 0)
      throw InvalidInput(fmt::format("axis '{}': a training part has no labels",
                                     recipe.data.axes[static_cast<std::size_t>(axis)]));
    predictors::TargetTransform transform;
    if (recipe.data.standardise_labels) {
      transform.mean = known.mean().item<double>();
      const double std = (known - transform.mean).square().mean().sqrt().item<double>();
      if (std > 0.0) transform.std = std;
    }
    transforms.push_back(transform);
  }
  return transforms;
}

}  // namespace

PreparedFold prepare_fold(const Recipe& recipe, const Dataset& dataset, const Fold& fold) {
  PreparedFold prepared;
  const at::Tensor embeddings = rows(dataset.embeddings, fold.train);
  const at::Tensor labels = rows(dataset.labels, fold.train);
  prepared.standardiser = predictors::Standardiser::fit(embeddings);
  prepared.transforms = fit_transforms(recipe, labels);
  prepared.train = {prepared.standardiser.apply(embeddings), labels.to(at::kFloat)};
  if (!fold.validation.empty())
    prepared.validation = {prepared.standardiser.apply(rows(dataset.embeddings, fold.validation)),
                           rows(dataset.labels, fold.validation).to(at::kFloat)};
  if (!fold.test.empty()) {
    prepared.test_embeddings = rows(dataset.embeddings, fold.test);
    prepared.test_inputs = prepared.standardiser.apply(prepared.test_embeddings);
  }
  return prepared;
}

std::optional<predictors::Familiarity> fit_familiarity(const Recipe& recipe,
                                                       const std::vector<PreparedFold>& folds) {
  if (!recipe.model.fallback_column) return std::nullopt;
  std::vector<at::Tensor> distances;
  std::int64_t dim = 0;
  for (const PreparedFold& fold : folds) {
    if (!fold.test_inputs.defined()) continue;
    distances.push_back(predictors::distance_from_training(fold.test_inputs));
    dim = fold.test_inputs.size(1);
  }
  const std::int64_t column = *recipe.model.fallback_column + (*recipe.model.fallback_column < 0 ? dim : 0);
  if (distances.empty() || column < 0 || column >= dim)
    throw InvalidInput(fmt::format("model.fallback_column: expected a column of the embedding's {}, got {}",
                                   dim, *recipe.model.fallback_column));
  const double radius = at::quantile(at::cat(distances), recipe.model.familiar_quantile).item<double>();
  return predictors::Familiarity{std::max(radius, 1e-6), column};
}

}  // namespace qamro::training
