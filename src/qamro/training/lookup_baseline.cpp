#include "qamro/training/lookup_baseline.h"

#include <ATen/ATen.h>

#include <limits>
#include <string>

#include "qamro/statistics/label_means.h"

namespace qamro::training {
namespace {

// `systems_of_clips`: "" means that the clip's system is not known.
void predict_fold(const Dataset& dataset, const std::vector<std::string>& systems_of_clips, const Fold& fold,
                  std::int64_t axis, at::Tensor& predictions) {
  const auto labels = dataset.labels.accessor<double, 2>();
  std::vector<double> train_labels;
  std::vector<std::string> train_systems;
  for (const std::int64_t clip : fold.train) {
    train_labels.push_back(labels[clip][axis]);
    train_systems.push_back(systems_of_clips[static_cast<std::size_t>(clip)]);
  }
  const statistics::LabelMeans means(train_labels, train_systems);
  for (const std::int64_t clip : fold.test)
    predictions[clip][axis] = means.of_system(systems_of_clips[static_cast<std::size_t>(clip)]);
}

at::Tensor predict_all(const Dataset& dataset, const std::vector<std::string>& systems_of_clips,
                       const std::vector<Fold>& folds) {
  at::Tensor predictions = at::full_like(dataset.labels, std::numeric_limits<double>::quiet_NaN());
  for (std::int64_t axis = 0; axis < dataset.labels.size(1); ++axis)
    for (const Fold& fold : folds) predict_fold(dataset, systems_of_clips, fold, axis, predictions);
  return predictions;
}

}  // namespace

at::Tensor lookup_baseline(const Dataset& dataset, const std::vector<Fold>& folds) {
  return predict_all(dataset, dataset.systems, folds);
}

at::Tensor constant_baseline(const Dataset& dataset, const std::vector<Fold>& folds) {
  return predict_all(dataset, std::vector<std::string>(dataset.paths.size()), folds);
}

}  // namespace qamro::training
