#include "qamro/features/log_mel.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <numbers>

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

namespace {

void check(const at::Tensor& samples, const at::Tensor& filters, const LogMelOptions& options) {
  options.validate();
  if (samples.dim() != 2 || samples.size(1) <= options.window_samples() / 2 ||
      samples.scalar_type() != at::kFloat)
    throw InvalidInput(
        fmt::format("log-mel: expected float32 samples of shape [n, more than {}], got {} [{}]",
                    options.window_samples() / 2, c10::toString(samples.scalar_type()),
                    fmt::join(samples.sizes(), ", ")));
  const at::DimVector expected = {options.filters.frequency_bins(), options.filters.mel_bins};
  if (filters.sizes() != at::IntArrayRef(expected))
    throw InvalidInput(fmt::format("log-mel: expected filters of shape [{}], got [{}]",
                                   fmt::join(expected, ", "), fmt::join(filters.sizes(), ", ")));
}

}  // namespace

void LogMelOptions::validate() const {
  filters.validate();
  if (hop_samples < 1)
    throw InvalidInput(fmt::format("hop_samples: expected a number >= 1, got {}", hop_samples));
  if (!(power_floor > 0)) throw InvalidInput("power_floor: expected a positive number");
}

at::Tensor log_mel(const at::Tensor& samples, const at::Tensor& filters, const LogMelOptions& options) {
  check(samples, filters, options);
  const std::int64_t window = options.window_samples();
  const at::Tensor padded = at::reflection_pad1d(samples.unsqueeze(1), {window / 2, window / 2}).squeeze(1);
  const at::Tensor frames =
      padded.unfold(1, window, options.hop_samples) * at::hann_window(window, samples.options());
  const at::Tensor power = at::view_as_real(at::fft_rfft(frames)).square().sum(-1);
  return 10 * at::log10(at::matmul(power, filters).clamp_min(options.power_floor));
}

FourierMatrices fourier_matrices(std::int64_t window_samples) {
  const at::Tensor bins = at::arange(window_samples / 2 + 1, at::kLong).unsqueeze(1);
  // bin · sample is reduced modulo the window's length as an integer: the angles stay small and accurate.
  const at::Tensor turns = (bins * at::arange(window_samples, at::kLong)).remainder(window_samples);
  const at::Tensor angle =
      turns.to(at::kDouble) * (-2 * std::numbers::pi / static_cast<double>(window_samples));
  const at::Tensor window = at::hann_window(window_samples, at::kDouble);
  const auto matrix = [&](const at::Tensor& wave) { return (wave * window).to(at::kFloat).unsqueeze(1); };
  return {matrix(at::cos(angle)), matrix(at::sin(angle))};
}

}  // namespace qamro::features
