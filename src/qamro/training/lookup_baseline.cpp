#include "qamro/training/lookup_baseline.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>

namespace qamro::training {
namespace {

constexpr double kNeverSeen = std::numeric_limits<double>::quiet_NaN();

struct Mean {
  double sum = 0.0;
  double count = 0.0;

  void add(double value) {
    if (std::isnan(value)) return;
    sum += value;
    count += 1.0;
  }
  double value() const { return count > 0.0 ? sum / count : kNeverSeen; }
};

void predict_fold(const Dataset& dataset, const Fold& fold, std::int64_t axis, at::Tensor& predictions) {
  const auto labels = dataset.labels.accessor<double, 2>();
  std::map<std::string, Mean> systems;
  Mean all;
  for (const auto* part : {&fold.train, &fold.validation})
    for (const std::int64_t clip : *part) {
      systems[dataset.systems[static_cast<std::size_t>(clip)]].add(labels[clip][axis]);
      all.add(labels[clip][axis]);
    }
  for (const std::int64_t clip : fold.test) {
    const auto found = systems.find(dataset.systems[static_cast<std::size_t>(clip)]);
    const bool is_known = found != systems.end() && found->second.count > 0.0;
    predictions[clip][axis] = is_known ? found->second.value() : all.value();
  }
}

}  // namespace

at::Tensor lookup_baseline(const Dataset& dataset, const std::vector<Fold>& folds) {
  at::Tensor predictions = at::full_like(dataset.labels, kNeverSeen);
  for (std::int64_t axis = 0; axis < dataset.labels.size(1); ++axis)
    for (const Fold& fold : folds) predict_fold(dataset, fold, axis, predictions);
  return predictions;
}

}  // namespace qamro::training
