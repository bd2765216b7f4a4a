#include "qamro/statistics/significance.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

namespace qamro::statistics {
namespace {

constexpr double kManyDegrees = 1000;

// Probability of |T| <= t by the finite series in cos θ, where tan θ = t / sqrt(degrees).
double central_probability(double t, int degrees) {
  const double theta = std::atan(t / std::sqrt(static_cast<double>(degrees)));
  const double cosine_squared = std::cos(theta) * std::cos(theta);
  const bool is_odd = degrees % 2 == 1;
  double term = is_odd ? std::cos(theta) : 1.0;
  double sum = degrees == 1 ? 0.0 : term;
  for (int k = is_odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= cosine_squared * (k - 1) / k;
    sum += term;
  }
  return is_odd ? (theta + std::sin(theta) * sum) * 2 / std::numbers::pi : std::sin(theta) * sum;
}

}  // namespace

double student_t_p_value(double t, double degrees) {
  t = std::abs(t);
  if (std::isinf(t)) return 0.0;
  if (degrees > kManyDegrees) {
    const double z = t * (1 - 0.25 / degrees) / std::sqrt(1 + 0.5 * t * t / degrees);
    return std::erfc(z / std::numbers::sqrt2);
  }
  const int whole = std::max(1, static_cast<int>(degrees));
  return std::clamp(1.0 - central_probability(t, whole), 0.0, 1.0);
}

double student_t_quantile(double confidence, double degrees) {
  double low = 0;
  double high = 1;
  while (student_t_p_value(high, degrees) > 1 - confidence && high < 1e300) high *= 2;
  for (int i = 0; i < 200 && high - low > 1e-12 * high; ++i) {
    const double middle = 0.5 * (low + high);
    (student_t_p_value(middle, degrees) > 1 - confidence ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

std::vector<std::optional<double>> holm_adjusted(const std::vector<std::optional<double>>& p_values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p_values.size(); ++i)
    if (p_values[i]) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return *p_values[a] < *p_values[b]; });
  std::vector<std::optional<double>> adjusted(p_values.size());
  double largest = 0.0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    largest = std::max(largest, *p_values[order[rank]] * static_cast<double>(order.size() - rank));
    adjusted[order[rank]] = std::min(1.0, largest);
  }
  return adjusted;
}

std::vector<std::vector<std::size_t>> tie_groups(const std::vector<std::vector<bool>>& differ) {
  const std::size_t n = differ.size();
  std::vector<std::vector<std::size_t>> groups_of(n);
  std::vector<std::vector<bool>> covered(n, std::vector<bool>(n, false));
  std::size_t groups = 0;
  // The largest group that begins with a and b and takes every next system that differs from none of them.
  const auto cover = [&](std::size_t a, std::size_t b) {
    std::vector<std::size_t> members = {a};
    if (b != a) members.push_back(b);
    for (std::size_t c = a + 1; c < n; ++c)
      if (std::all_of(members.begin(), members.end(), [&](std::size_t m) { return m != c && !differ[m][c]; }))
        members.push_back(c);
    for (const std::size_t x : members) {
      groups_of[x].push_back(groups);
      for (const std::size_t y : members) covered[x][y] = true;
    }
    ++groups;
  };
  for (std::size_t a = 0; a < n; ++a) {
    for (std::size_t b = a + 1; b < n; ++b)
      if (!differ[a][b] && !covered[a][b]) cover(a, b);
    if (groups_of[a].empty()) cover(a, a);
  }
  return groups_of;
}

}  // namespace qamro::statistics
