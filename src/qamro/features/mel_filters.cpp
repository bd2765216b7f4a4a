#include "qamro/features/mel_filters.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "qamro/core/error.h"

namespace qamro::features {
namespace {

// Slaney's scale: linear up to 1,000 Hz (15 mel), then 27 mel for a factor of 6.4.
constexpr double kHzPerMel = 200.0 / 3;
constexpr double kBreakHz = 1000;
constexpr double kBreakMel = kBreakHz / kHzPerMel;
const double kLogStep = std::log(6.4) / 27;

double mel_of(double hz) {
  return hz < kBreakHz ? hz / kHzPerMel : kBreakMel + std::log(hz / kBreakHz) / kLogStep;
}

at::Tensor hz_of(const at::Tensor& mel) {
  return at::where(mel < kBreakMel, mel * kHzPerMel, kBreakHz * at::exp(kLogStep * (mel - kBreakMel)));
}

}  // namespace

void MelFilterOptions::validate() const {
  if (transform_samples < 2 || transform_samples % 2 != 0 || mel_bins < 1)
    throw InvalidInput(
        fmt::format("mel filters: expected an even transform and a filter, got {} samples and {} filters",
                    transform_samples, mel_bins));
  if (!(lowest_hz >= 0 && lowest_hz < highest_hz && highest_hz <= sample_rate_hz / 2.0))
    throw InvalidInput(fmt::format("mel filters: expected 0 <= lowest < highest <= {} Hz, got {} and {}",
                                   sample_rate_hz / 2.0, lowest_hz, highest_hz));
}

at::Tensor mel_filters(const MelFilterOptions& options) {
  options.validate();
  const at::Tensor frequencies =
      at::linspace(0, options.sample_rate_hz / 2.0, options.frequency_bins(), at::kDouble).unsqueeze(1);
  const at::Tensor corners = hz_of(
      at::linspace(mel_of(options.lowest_hz), mel_of(options.highest_hz), options.mel_bins + 2, at::kDouble));
  const at::Tensor left = corners.narrow(0, 0, options.mel_bins),
                   peak = corners.narrow(0, 1, options.mel_bins),
                   right = corners.narrow(0, 2, options.mel_bins);
  const at::Tensor rising = (frequencies - left) / (peak - left),
                   falling = (right - frequencies) / (right - peak);
  const at::Tensor triangles = at::minimum(rising, falling).clamp_min(0);
  return (triangles * (2 / (right - left))).to(at::kFloat).contiguous();
}

}  // namespace qamro::features
