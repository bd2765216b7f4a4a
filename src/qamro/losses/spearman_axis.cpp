#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "qamro/losses/argsort.h"
#include "qamro/losses/listwise_axis.h"
#include "qamro/losses/permutahedron.h"

namespace qamro::losses {
namespace {

// A vector scaled to norm 1, and its norm before; all 0 with norm 0 if all values are 0.
struct Direction {
  std::vector<double> unit;
  double norm = 0;
};

Direction direction(std::vector<double> values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  if (largest == 0) return {std::move(values), 0};
  double squares = 0;  // of values / largest, which neither overflow nor vanish
  for (double& value : values) {
    value /= largest;
    squares += value * value;
  }
  const double norm = std::sqrt(squares);
  for (double& value : values) value /= norm;
  return {std::move(values), largest * norm};
}

std::vector<double> minus_mean(std::vector<double> values) {
  const double mean = (static_cast<double>(values.size()) + 1) / 2;  // of ranks
  for (double& value : values) value -= mean;
  return values;
}

// Turns the derivative in the soft ranks into the derivative in the values, except that it does not divide by
// the strength. The projection's derivative is symmetric.
void pull_back(const PermutahedronProjection& projection, std::span<double> gradient) {
  std::vector<double> means(projection.sizes.size());
  for (std::size_t i = 0; i < gradient.size(); ++i) means[projection.block[i]] += gradient[i];
  for (std::size_t block = 0; block < means.size(); ++block) means[block] /= projection.sizes[block];
  for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] -= means[projection.block[i]];
}

}  // namespace

double spearman_of_axis(std::span<const double> prediction, std::span<const double> target,
                        double regularization_strength, std::span<double> gradient) {
  const PermutahedronProjection projection = project_onto_permutahedron(prediction, regularization_strength);
  const Direction ranks = direction(projection.deviation);
  const Direction labels = direction(minus_mean(midranks(target)));
  std::fill(gradient.begin(), gradient.end(), 0.0);
  if (ranks.norm == 0) return 1;
  double correlation = 0;
  for (std::size_t i = 0; i < gradient.size(); ++i) correlation += ranks.unit[i] * labels.unit[i];
  for (std::size_t i = 0; i < gradient.size(); ++i)
    gradient[i] = correlation * ranks.unit[i] - labels.unit[i];
  pull_back(projection, gradient);
  // One division: for a strength far beyond the predictions' range, the norm is tiny but the product is not.
  for (double& derivative : gradient) derivative /= ranks.norm * regularization_strength;
  return 1 - correlation;
}

}  // namespace qamro::losses
