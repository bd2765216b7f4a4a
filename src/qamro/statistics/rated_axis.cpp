#include "qamro/statistics/rated_axis.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <unordered_map>
#include <utility>

#include "qamro/statistics/numbers.h"

namespace qamro::statistics {
namespace {

double squares_around(std::span<const double> values, double mean) {
  return std::accumulate(values.begin(), values.end(), 0.0,
                         [&](double sum, double v) { return sum + (v - mean) * (v - mean); });
}

class Numbering {
 public:
  std::uint32_t of(const std::string& name) {
    return number_.try_emplace(name, static_cast<std::uint32_t>(number_.size())).first->second;
  }
  std::size_t count() const { return number_.size(); }

 private:
  std::unordered_map<std::string, std::uint32_t> number_;
};

// Share of a variance that is not noise.
double reliability(double noise, double variance) {
  return variance > 0 ? std::clamp(1 - noise / variance, 0.0, 1.0) : 0.0;
}

}  // namespace

RatedAxis::RatedAxis(const RatedClips& rated) {
  gather(rated);
  if (clips() < 2) return;
  measure_noise();
  shrink();
}

void RatedAxis::gather(const RatedClips& rated) {
  Numbering systems;
  Numbering names;
  for (std::size_t clip = 0; clip < rated.raters.size(); ++clip) {
    std::vector<double> ratings;
    for (const double rating : rated.raters[clip])
      if (!std::isnan(rating)) ratings.push_back(rating);
    if (ratings.size() < 2) {
      ++left_out_;
      continue;
    }
    min_raters_ = ratings_.empty() ? ratings.size() : std::min(min_raters_, ratings.size());
    max_raters_ = std::max(max_raters_, ratings.size());
    mean_.push_back(mean_of(ratings));
    if (!rated.systems.empty()) system_.push_back(systems.of(rated.systems[clip]));
    stratum_.push_back(rated.strata.empty() ? 0 : names.of(rated.strata[clip]));
    ratings_.push_back(std::move(ratings));
  }
  systems_ = systems.count();
  strata_ = std::max<std::size_t>(1, names.count());
}

void RatedAxis::measure_noise() {
  double squares = 0;
  double all = 0;
  double sum = 0;
  for (std::size_t clip = 0; clip < clips(); ++clip) {
    const auto k = static_cast<double>(ratings_[clip].size());
    const double own = squares_around(ratings_[clip], mean_[clip]);
    noise_.push_back(own / (k - 1) / k);
    squares += own;
    all += k;
    sum += k * mean_[clip];
  }
  double between = 0;
  for (std::size_t clip = 0; clip < clips(); ++clip)
    between += static_cast<double>(ratings_[clip].size()) * std::pow(mean_[clip] - sum / all, 2);
  const auto n = static_cast<double>(clips());
  within_raters_ = squares / (all - n);
  between_clips_ = between / (n - 1);
}

// Subtracts noise from the variance of means: within strata with n - strata degrees of freedom, between
// strata weighted by the number of clips.
void RatedAxis::shrink() {
  std::vector<double> sum(strata_);
  std::vector<double> noise(strata_);
  std::vector<double> count(strata_);
  for (std::size_t clip = 0; clip < clips(); ++clip) {
    sum[stratum_[clip]] += mean_[clip];
    noise[stratum_[clip]] += noise_[clip];
    count[stratum_[clip]] += 1;
  }
  const double grand = mean_of(mean_);
  double squares_within = 0;
  double squares_between = 0;
  for (std::size_t clip = 0; clip < clips(); ++clip) {
    const double center = sum[stratum_[clip]] / count[stratum_[clip]];
    squares_within += std::pow(mean_[clip] - center, 2);
    squares_between += std::pow(center - grand, 2);
  }
  double noise_of_centers = 0;  // times clips
  for (std::size_t s = 0; s < strata_; ++s) noise_of_centers += noise[s] / count[s];
  const double degrees = static_cast<double>(clips()) - static_cast<double>(strata_);
  within_ = degrees > 0 ? reliability(mean_of(noise_), squares_within / degrees) : 0.0;
  between_ = strata_ > 1 ? reliability(noise_of_centers, squares_between) : 1.0;
  for (std::size_t clip = 0; clip < clips(); ++clip) {
    const double center = sum[stratum_[clip]] / count[stratum_[clip]];
    truth_.push_back(grand + std::sqrt(between_) * (center - grand) +
                     std::sqrt(within_) * (mean_[clip] - center));
  }
}

double RatedAxis::mean_raters() const {
  double sum = 0;
  for (const auto& clip : ratings_) sum += static_cast<double>(clip.size());
  return ratings_.empty() ? 0.0 : sum / static_cast<double>(clips());
}

double RatedAxis::panel_over_half() const {
  std::size_t halves = 0;
  for (const auto& clip : ratings_) halves += clip.size() / 2;
  return mean_raters() * static_cast<double>(clips()) / static_cast<double>(halves);
}

std::optional<double> RatedAxis::icc(bool of_panel) const {
  const auto n = static_cast<double>(clips());
  double all = 0;
  double squares = 0;
  for (const auto& clip : ratings_) {
    const auto k = static_cast<double>(clip.size());
    all += k;
    squares += k * k;
  }
  const double k = (all - squares / all) / (n - 1);  // effective number of raters if clips differ in it
  const double divisor = of_panel ? between_clips_ : between_clips_ + (k - 1) * within_raters_;
  if (!(divisor > 0)) return std::nullopt;
  return (between_clips_ - within_raters_) / divisor;
}

std::optional<double> RatedAxis::column_mean_variance_ratio() const {
  if (!is_rectangular() || !(within_raters_ > 0)) return std::nullopt;
  std::vector<double> means(max_raters_);
  for (const auto& clip : ratings_)
    for (std::size_t rater = 0; rater < max_raters_; ++rater) means[rater] += clip[rater];
  for (double& mean : means) mean /= static_cast<double>(clips());
  const double variance = squares_around(means, mean_of(means)) / static_cast<double>(max_raters_ - 1);
  return variance / (within_raters_ / static_cast<double>(clips()));
}

Pairs RatedAxis::split_each_clip(Random& random) const {
  Pairs pairs;
  std::vector<double> shuffled;
  for (const auto& clip : ratings_) {
    shuffled = clip;
    for (std::size_t i = shuffled.size(); i > 1; --i) std::swap(shuffled[i - 1], shuffled[random.below(i)]);
    const std::size_t half = clip.size() / 2;
    pairs.prediction.push_back(mean_of(std::span(shuffled).first(half)));
    pairs.label.push_back(mean_of(std::span(shuffled).subspan(half, half)));
  }
  return pairs;
}

Pairs RatedAxis::split_columns(Random& random) const {
  const std::vector<std::int64_t> order = permutation(static_cast<std::int64_t>(max_raters_), random);
  const std::size_t half = max_raters_ / 2;
  Pairs pairs;
  for (const auto& clip : ratings_) {
    double first = 0;
    double second = 0;
    for (std::size_t i = 0; i < half; ++i) {
      first += clip[static_cast<std::size_t>(order[i])];
      second += clip[static_cast<std::size_t>(order[half + i])];
    }
    pairs.prediction.push_back(first / static_cast<double>(half));
    pairs.label.push_back(second / static_cast<double>(half));
  }
  return pairs;
}

Pairs RatedAxis::simulated_labels(Random& random) const {
  Pairs pairs;
  for (std::size_t clip = 0; clip < clips(); ++clip) {
    const auto& ratings = ratings_[clip];
    const auto k = static_cast<double>(ratings.size());
    double residuals = 0;
    for (std::size_t i = 0; i < ratings.size(); ++i)
      residuals += ratings[random.below(ratings.size())] - mean_[clip];
    pairs.prediction.push_back(truth_[clip]);
    pairs.label.push_back(truth_[clip] + residuals / k * std::sqrt(k / (k - 1)));
  }
  return pairs;
}

Pairs RatedAxis::one_against_others(std::size_t place) const {
  Pairs pairs;
  for (const auto& clip : ratings_) {
    const double sum = std::accumulate(clip.begin(), clip.end(), 0.0);
    pairs.prediction.push_back(clip[place]);
    pairs.label.push_back((sum - clip[place]) / static_cast<double>(clip.size() - 1));
  }
  return pairs;
}

Pairs RatedAxis::means_of_systems(const Pairs& clips) const {
  Pairs sums{std::vector<double>(systems_), std::vector<double>(systems_)};
  std::vector<double> count(systems_);
  for (std::size_t clip = 0; clip < system_.size(); ++clip) {
    sums.prediction[system_[clip]] += clips.prediction[clip];
    sums.label[system_[clip]] += clips.label[clip];
    count[system_[clip]] += 1;
  }
  for (std::size_t system = 0; system < systems_; ++system) {
    sums.prediction[system] /= count[system];
    sums.label[system] /= count[system];
  }
  return sums;
}

}  // namespace qamro::statistics
