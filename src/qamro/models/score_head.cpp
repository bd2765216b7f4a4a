#include "qamro/models/score_head.h"

#include <fmt/format.h>

#include "qamro/core/error.h"

namespace qamro::models {

std::vector<double> OwnScores::score(const WindowVectors& clip) const {
  if (weighs_by_length_) return mean_weighted_by_length(clip);
  const auto mean = mean_over_windows(clip.vectors);
  return {mean.begin(), mean.end()};
}

void check(const WindowVectors& clip) {
  if (clip.vectors.empty() || clip.vectors.size() != clip.windows.size())
    throw InvalidInput(fmt::format(
        "score: expected one vector per window and at least one window, got {} vectors and {} windows",
        clip.vectors.size(), clip.windows.size()));
}

std::vector<float> mean_over_windows(std::span<const std::vector<float>> windows) {
  if (windows.empty()) throw InvalidInput("mean over windows: expected at least one window, got none");
  std::vector<double> sums(windows.front().size());
  for (const auto& window : windows)
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += window[i];
  std::vector<float> mean(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i)
    mean[i] = static_cast<float>(sums[i] / static_cast<double>(windows.size()));
  return mean;
}

std::vector<double> mean_weighted_by_length(const WindowVectors& clip) {
  check(clip);
  std::vector<double> sums(clip.vectors.front().size());
  double weights = 0;
  for (std::size_t window = 0; window < clip.vectors.size(); ++window) {
    const auto weight = static_cast<double>(clip.windows[window].length_samples);
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += weight * clip.vectors[window][i];
    weights += weight;
  }
  for (double& sum : sums) sum /= weights;
  return sums;
}

std::vector<float> clip_vector(const WindowVectors& clip, bool weighs_by_length) {
  if (!weighs_by_length) return mean_over_windows(clip.vectors);
  const auto mean = mean_weighted_by_length(clip);
  return {mean.begin(), mean.end()};
}

std::vector<float> clip_vector(const WindowEncoder& encoder, const WindowVectors& clip) {
  return clip_vector(clip, encoder.weighs_windows_by_length());
}

}  // namespace qamro::models
