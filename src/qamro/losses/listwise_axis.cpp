#include "qamro/losses/listwise_axis.h"

#include <algorithm>
#include <cmath>

namespace qamro::losses {

ListwiseAxisLoss listwise_loss_of_axis(std::span<const double> prediction, std::span<const double> target,
                                       const ListwiseKernel& kernel) {
  std::vector<std::size_t> rows;
  std::vector<double> predictions, labels;
  for (std::size_t row = 0; row < target.size(); ++row) {
    if (std::isnan(target[row])) continue;
    rows.push_back(row);
    predictions.push_back(prediction[row]);
    labels.push_back(target[row]);
  }
  ListwiseAxisLoss loss;
  loss.gradient.assign(target.size(), 0.0);
  if (rows.empty()) return loss;
  const auto [low, high] = std::minmax_element(labels.begin(), labels.end());
  loss.counts = *low < *high;
  if (!loss.counts) return loss;
  std::vector<double> gradient(rows.size());
  loss.value = kernel(predictions, labels, gradient);
  for (std::size_t i = 0; i < rows.size(); ++i) loss.gradient[rows[i]] = gradient[i];
  return loss;
}

}  // namespace qamro::losses
