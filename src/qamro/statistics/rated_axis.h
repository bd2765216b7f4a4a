#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/core/random.h"
#include "qamro/statistics/axis_resamples.h"

namespace qamro::statistics {

// What the raters said of each clip.
struct RatedClips {
  std::span<const std::vector<double>> raters;  // [clip][rater]; NaN: no rating
  std::span<const std::string> systems = {};    // [clip]; empty: not known
  std::span<const std::string> strata = {};     // [clip]; empty: one for all
};

// The ratings of one axis by clip, and how much of their variance is raters' noise. noise_ceiling() draws
// from them.
class RatedAxis {
 public:
  explicit RatedAxis(const RatedClips& clips);

  std::size_t clips() const { return ratings_.size(); }
  std::size_t left_out() const { return left_out_; }
  std::size_t systems() const { return systems_; }  // 0: not known
  bool is_rectangular() const { return min_raters_ == max_raters_; }
  std::size_t fewest_raters() const { return min_raters_; }
  double mean_raters() const;
  // Mean raters per clip divided by mean raters per half.
  double panel_over_half() const;

  std::optional<double> icc(bool of_panel) const;
  std::optional<double> column_mean_variance_ratio() const;
  double reliability_within() const { return within_; }
  double reliability_between() const { return between_; }

  // Pairs by clip.
  Pairs split_each_clip(Random& random) const;
  Pairs split_columns(Random& random) const;  // rectangular only
  Pairs simulated_labels(Random& random) const;
  Pairs one_against_others(std::size_t place) const;  // place < fewest_raters()

  Pairs means_of_systems(const Pairs& clips) const;

 private:
  void gather(const RatedClips& clips);
  void measure_noise();
  void shrink();

  std::vector<std::vector<double>> ratings_;  // [clip][rater], no NaN, two or more
  std::vector<double> mean_;                  // [clip]
  std::vector<double> truth_;                 // [clip] the mean, shrunk
  std::vector<std::uint32_t> system_;         // [clip]; empty: not known
  std::vector<std::uint32_t> stratum_;        // [clip]
  std::vector<double> noise_;                 // [clip] variance of its mean
  std::size_t systems_ = 0;
  std::size_t strata_ = 1;
  std::size_t left_out_ = 0;
  std::size_t min_raters_ = 0;
  std::size_t max_raters_ = 0;
  double within_raters_ = 0;  // mean square within clips
  double between_clips_ = 0;  // mean square between clips
  double within_ = 0;
  double between_ = 0;
};

}  // namespace qamro::statistics
