#include "qamro/statistics/label_means.h"

#include <cmath>

#include "qamro/statistics/numbers.h"

namespace qamro::statistics {

void LabelMeans::Mean::add(double value) {
  if (std::isnan(value)) return;
  sum += value;
  count += 1;
}

double LabelMeans::Mean::value() const {
  return count > 0 ? sum / count : kUndefined;
}

LabelMeans::LabelMeans(std::span<const double> labels, std::span<const std::string> systems) {
  for (std::size_t clip = 0; clip < labels.size(); ++clip) {
    all_.add(labels[clip]);
    if (!systems[clip].empty()) systems_[systems[clip]].add(labels[clip]);
  }
}

double LabelMeans::of_system(const std::string& system) const {
  const auto found = systems_.find(system);
  return found != systems_.end() && found->second.count > 0 ? found->second.value() : of_all();
}

}  // namespace qamro::statistics
