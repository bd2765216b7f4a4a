#include "qamro/statistics/student_t.h"

#include <algorithm>
#include <cmath>
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

}  // namespace qamro::statistics
