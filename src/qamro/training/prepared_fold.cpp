#include "qamro/training/prepared_fold.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

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
  if (!fold.test.empty())
    prepared.test_inputs = prepared.standardiser.apply(rows(dataset.embeddings, fold.test));
  return prepared;
}

}  // namespace qamro::training
