#include "qamro/statistics/mean_permutation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "qamro/core/random.h"
#include "qamro/statistics/numbers.h"

namespace qamro::statistics {
namespace {

// Rounding must not decide between a permutation and its mirror image.
constexpr double kMeanAsFar = 1 - 1e-12;

double distance(double statistic, Alternative alternative) {
  return alternative == Alternative::kLess ? -statistic : std::abs(statistic);
}

// Counts the statistics that lie as far out as the observed one.
class FarCount {
 public:
  FarCount(double observed, Alternative alternative) : alternative_(alternative) {
    const double far = distance(observed, alternative);
    limit_ = far > 0 ? far * kMeanAsFar : far - 1e-12 * std::abs(far);
  }

  void add(double statistic) {
    ++all_;
    far_ += distance(statistic, alternative_) >= limit_ ? 1 : 0;
  }

  double exact_p() const { return static_cast<double>(far_) / static_cast<double>(all_); }
  // The data as they are count as one more arrangement.
  double drawn_p() const { return static_cast<double>(far_ + 1) / static_cast<double>(all_ + 1); }

 private:
  Alternative alternative_;
  double limit_ = 0;
  std::int64_t far_ = 0;
  std::int64_t all_ = 0;
};

// Welch's t of a split of fixed numbers into two sides follows from one side's sum and sum of squares.
class SplitStatistic {
 public:
  SplitStatistic(std::vector<double>& all, std::size_t first) : all_(all), first_(first) {
    const double mean = mean_of(all);
    for (double& score : all) score -= mean;  // small sums keep their digits
    for (const double score : all) {
      sum_ += score;
      squares_ += score * score;
    }
  }

  // The first `first` numbers against the rest.
  double operator()() const {
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < first_; ++i) {
      sum += all_[i];
      squares += all_[i] * all_[i];
    }
    const auto n = static_cast<double>(first_);
    const auto m = static_cast<double>(all_.size() - first_);
    const double difference = sum / n - (sum_ - sum) / m;
    const double error = error_of(n, sum, squares) + error_of(m, sum_ - sum, squares_ - squares);
    if (error > 1e-28 * squares_) return difference / std::sqrt(error);
    if (std::abs(difference) <= 1e-14 * std::sqrt(squares_)) return 0.0;
    return std::copysign(std::numeric_limits<double>::infinity(), difference);
  }

 private:
  // The squared standard error of a mean of n numbers.
  static double error_of(double n, double sum, double squares) {
    return std::max(0.0, squares - sum * sum / n) / (n - 1) / n;
  }

  const std::vector<double>& all_;
  std::size_t first_;
  double sum_ = 0;
  double squares_ = 0;
};

double flips(std::size_t changed) {
  return std::pow(2.0, static_cast<double>(changed));
}

double splits(std::size_t first, std::size_t second) {
  const auto n = static_cast<double>(first);
  const auto m = static_cast<double>(second);
  return std::round(std::exp(std::lgamma(n + m + 1) - std::lgamma(n + 1) - std::lgamma(m + 1)));
}

// The share of `extreme` of all arrangements; no draw of `rounds` gives less than 1 / (rounds + 1).
double least(double arrangements, double extreme, std::int64_t rounds) {
  if (arrangements <= static_cast<double>(rounds)) return std::min(1.0, extreme / arrangements);
  return std::max(extreme / arrangements, 1 / static_cast<double>(rounds + 1));
}

}  // namespace

double sign_flip_p_value(const std::vector<double>& differences, const PermutationPlan& plan) {
  std::vector<double> changed;
  for (const double difference : differences)
    if (difference != 0) changed.push_back(difference);
  double observed = 0;
  for (const double difference : changed) observed += difference;
  FarCount count(observed, plan.alternative);
  const auto sum_of = [&](std::size_t begin, std::uint64_t bits) {
    double sum = 0;
    for (std::size_t i = begin; i < std::min(begin + 64, changed.size()); ++i, bits >>= 1)
      sum += (bits & 1) != 0 ? changed[i] : -changed[i];
    return sum;
  };
  if (flips(changed.size()) <= static_cast<double>(plan.rounds)) {
    for (std::uint64_t bits = 0; bits < std::uint64_t{1} << changed.size(); ++bits)
      count.add(sum_of(0, bits));
    return count.exact_p();
  }
  Random random(derive_seed(plan.seed, "compare_means/signs"));
  for (std::int64_t round = 0; round < plan.rounds; ++round) {
    double sum = 0;
    for (std::size_t begin = 0; begin < changed.size(); begin += 64) sum += sum_of(begin, random.next());
    count.add(sum);
  }
  return count.drawn_p();
}

double shuffle_p_value(const std::vector<double>& first, const std::vector<double>& second,
                       const PermutationPlan& plan) {
  std::vector<double> all = first;
  all.insert(all.end(), second.begin(), second.end());
  const SplitStatistic statistic(all, first.size());
  FarCount count(statistic(), plan.alternative);
  if (splits(first.size(), second.size()) <= static_cast<double>(plan.rounds)) {
    std::vector<bool> is_first(all.size());
    std::fill(is_first.end() - static_cast<std::ptrdiff_t>(first.size()), is_first.end(), true);
    const std::vector<double> values = all;
    do {
      std::size_t a = 0;
      std::size_t b = first.size();
      for (std::size_t i = 0; i < values.size(); ++i) all[is_first[i] ? a++ : b++] = values[i];
      count.add(statistic());
    } while (std::next_permutation(is_first.begin(), is_first.end()));
    return count.exact_p();
  }
  Random random(derive_seed(plan.seed, "compare_means/shuffles"));
  for (std::int64_t round = 0; round < plan.rounds; ++round) {
    for (std::size_t i = 0; i < first.size(); ++i) std::swap(all[i], all[i + random.below(all.size() - i)]);
    count.add(statistic());
  }
  return count.drawn_p();
}

double least_sign_flip_p_value(std::size_t pairs, const PermutationPlan& plan) {
  const double mirrored = plan.alternative == Alternative::kDifferent ? 2 : 1;
  return least(flips(pairs), mirrored, plan.rounds);
}

double least_shuffle_p_value(std::size_t first, std::size_t second, const PermutationPlan& plan) {
  // Only sides of equal size have a mirror image.
  const double mirrored = plan.alternative == Alternative::kDifferent && first == second ? 2 : 1;
  return least(splits(first, second), mirrored, plan.rounds);
}

}  // namespace qamro::statistics
