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

// `systems_of_clips` has the name of each clip's row in the table; "" means no row.
void predict_fold(const Dataset& dataset, const std::vector<std::string>& systems_of_clips, const Fold& fold,
                  std::int64_t axis, at::Tensor& predictions) {
  const auto labels = dataset.labels.accessor<double, 2>();
  std::map<std::string, Mean> systems;
  Mean all;
  for (const std::int64_t clip : fold.train) {
    const std::string& system = systems_of_clips[static_cast<std::size_t>(clip)];
    if (!system.empty()) systems[system].add(labels[clip][axis]);
    all.add(labels[clip][axis]);
  }
  for (const std::int64_t clip : fold.test) {
    const auto found = systems.find(systems_of_clips[static_cast<std::size_t>(clip)]);
    const bool is_known = found != systems.end() && found->second.count > 0.0;
    predictions[clip][axis] = is_known ? found->second.value() : all.value();
  }
}

at::Tensor predict_all(const Dataset& dataset, const std::vector<std::string>& systems_of_clips,
                       const std::vector<Fold>& folds) {
  at::Tensor predictions = at::full_like(dataset.labels, kNeverSeen);
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
