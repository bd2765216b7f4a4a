#include "qamro/audio/resampler.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <mutex>
#include <numbers>
#include <numeric>
#include <tuple>
#include <utility>

#include "qamro/audio/sound_source.h"
#include "qamro/core/error.h"

namespace qamro::audio {
namespace {

constexpr int kLowpassFilterWidth = 6;
constexpr double kRolloff = 0.99;

// In the reference's order of operations.
template <typename Real>
float weight(Real t, Real scale) {
  const auto pi = static_cast<Real>(std::numbers::pi);
  const Real cosine = std::cos(t * pi / static_cast<Real>(kLowpassFilterWidth) / Real{2});
  const Real window = cosine * cosine;
  const Real angle = t * pi;
  const Real sinc = angle == Real{0} ? Real{1} : std::sin(angle) / angle;
  return static_cast<float>(sinc * (window * scale));
}

template <typename Real>
SincKernel build(std::int64_t from, std::int64_t to) {
  SincKernel kernel{};
  kernel.step = from;
  kernel.phases = to;
  const double base = static_cast<double>(std::min(from, to)) * kRolloff;
  kernel.width = static_cast<std::int64_t>(std::ceil(kLowpassFilterWidth * static_cast<double>(from) / base));
  const auto scale = static_cast<Real>(base / static_cast<double>(from));
  const auto limit = static_cast<Real>(kLowpassFilterWidth);
  const auto reach =
      static_cast<std::int64_t>(2 * kLowpassFilterWidth * static_cast<double>(from) / base) + 3;
  kernel.taps = (reach + SincKernel::kLanes - 1) / SincKernel::kLanes * SincKernel::kLanes;
  kernel.first.reserve(static_cast<std::size_t>(to));
  kernel.weights.assign(static_cast<std::size_t>(to * kernel.taps), 0.0F);
  for (std::int64_t phase = 0; phase < to; ++phase) {
    // In float32 for both precisions, because torch divides integers in its default type.
    const float shift = -static_cast<float>(phase) / static_cast<float>(to);
    const auto position = [&](std::int64_t input) {
      return (static_cast<Real>(shift) + static_cast<Real>(input) / static_cast<Real>(from)) *
             static_cast<Real>(base);
    };
    // The window is not zero where |position| < 6, hence around input = phase · from / to.
    auto input = std::max(phase * from / to - kernel.width - 1, -kernel.width);
    while (position(input) <= -limit) ++input;
    kernel.first.push_back(input);
    float* row = &kernel.weights[static_cast<std::size_t>(phase * kernel.taps)];
    for (std::int64_t tap = 0; tap < kernel.taps && input < kernel.width + from; ++tap, ++input) {
      const Real t = position(input);
      if (t >= limit) break;
      row[tap] = weight(t, scale);
    }
  }
  return kernel;
}

// A kernel for rates without a common divisor takes up to 50 MB, so the cache is emptied before it would hold
// more than this. Kernels in use stay alive.
constexpr std::size_t kMaxCachedWeights = std::size_t{1} << 24;

class KernelCache {
 public:
  std::shared_ptr<const SincKernel> get(std::int64_t from, std::int64_t to, SincPrecision precision) {
    const std::lock_guard lock(mutex_);
    const auto key = std::tuple(from, to, precision);
    if (const auto found = kernels_.find(key); found != kernels_.end()) return found->second;
    auto kernel = std::make_shared<const SincKernel>(
        precision == SincPrecision::functional ? build<float>(from, to) : build<double>(from, to));
    if (weights_ + kernel->weights.size() > kMaxCachedWeights) {
      kernels_.clear();
      weights_ = 0;
    }
    weights_ += kernel->weights.size();
    return kernels_[key] = std::move(kernel);
  }

 private:
  std::mutex mutex_;
  std::map<std::tuple<std::int64_t, std::int64_t, SincPrecision>, std::shared_ptr<const SincKernel>> kernels_;
  std::size_t weights_ = 0;
};

}  // namespace

void check_resampling_rates(int from_hz, int to_hz) {
  for (const int rate : {from_hz, to_hz})
    if (rate < 1 || rate > kHighestRateHz)
      throw InvalidInput(fmt::format("resampler: expected sample rates of 1 to {} Hz, got {} to {}",
                                     kHighestRateHz, from_hz, to_hz));
}

std::shared_ptr<const SincKernel> sinc_kernel(int from_hz, int to_hz, SincPrecision precision) {
  check_resampling_rates(from_hz, to_hz);
  static KernelCache cache;
  const int divisor = std::gcd(from_hz, to_hz);
  return cache.get(from_hz / divisor, to_hz / divisor, precision);
}

namespace {

// Sixteen running sums, which the compiler keeps in registers of the widest kind that the processor has.
// Their order is fixed and nothing is fused (-ffp-contract=off), so that every instruction set gives the
// same bits.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
float dot(const float* samples, const float* weights, std::int64_t taps) {
  std::array<float, SincKernel::kLanes> sums{};
  for (std::int64_t tap = 0; tap < taps; tap += SincKernel::kLanes)
    for (std::int64_t lane = 0; lane < SincKernel::kLanes; ++lane)
      sums[lane] += samples[tap + lane] * weights[tap + lane];
  for (std::int64_t half = SincKernel::kLanes / 2; half > 0; half /= 2)
    for (std::int64_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  return sums[0];
}

}  // namespace

std::int64_t resampled_length(std::int64_t samples, int from_hz, int to_hz) {
  if (samples < 0 || from_hz < 1 || to_hz < 1)
    throw InvalidInput(fmt::format("resampler: expected a length >= 0 and rates >= 1 Hz, got {}, {} and {}",
                                   samples, from_hz, to_hz));
  if (from_hz == to_hz) return samples;
  const int divisor = std::gcd(from_hz, to_hz);
  const std::int64_t from = from_hz / divisor;
  const std::int64_t to = to_hz / divisor;
  const auto quotient =
      static_cast<float>(static_cast<double>(to) * static_cast<double>(samples) / static_cast<double>(from));
  const auto periods = samples / from + 1;  // periods that the reference's convolution computes
  return std::min(static_cast<std::int64_t>(std::ceil(quotient)), periods * to);
}

Resampler::Resampler(int from_hz, int to_hz, SincPrecision precision) : from_hz_(from_hz), to_hz_(to_hz) {
  auto kernel = sinc_kernel(from_hz, to_hz, precision);
  if (from_hz == to_hz) return;
  kernel_ = std::move(kernel);
  buffer_start_ = -kernel_->width;
  buffer_.assign(static_cast<std::size_t>(kernel_->width), 0.0F);
}

void Resampler::push(std::span<const float> samples, std::vector<float>& out) {
  pushed_ += static_cast<std::int64_t>(samples.size());
  if (!kernel_) {
    out.insert(out.end(), samples.begin(), samples.end());
    return;
  }
  buffer_.insert(buffer_.end(), samples.begin(), samples.end());
  produce(resampled_length(pushed_, from_hz_, to_hz_), out);
}

void Resampler::finish(std::vector<float>& out) {
  if (!kernel_) return;
  // The reference pads width + step zeros after the input; taps rounded up to full lanes read a few more.
  buffer_.insert(buffer_.end(), static_cast<std::size_t>(kernel_->width + kernel_->step + 2 * kernel_->taps),
                 0.0F);
  produce(resampled_length(pushed_, from_hz_, to_hz_), out);
}

// Output j lies in period j / phases at phase j % phases; its filter covers `taps` samples from `first` on.
void Resampler::produce(std::int64_t until, std::vector<float>& out) {
  const auto& kernel = *kernel_;
  const auto available = buffer_start_ + static_cast<std::int64_t>(buffer_.size());
  std::int64_t start = buffer_start_;
  for (; produced_ < until; ++produced_) {
    const auto phase = produced_ % kernel.phases;
    start = produced_ / kernel.phases * kernel.step + kernel.first[static_cast<std::size_t>(phase)];
    if (start + kernel.taps > available) break;
    out.push_back(dot(&buffer_[static_cast<std::size_t>(start - buffer_start_)],
                      &kernel.weights[static_cast<std::size_t>(phase * kernel.taps)], kernel.taps));
  }
  // A later filter begins at most one sample before this one.
  const auto keep_from = std::clamp(start - 1, buffer_start_, available);
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(keep_from - buffer_start_));
  buffer_start_ = keep_from;
}

Waveform resample(const Waveform& waveform, int to_hz, SincPrecision precision) {
  Resampler resampler(waveform.sample_rate_hz, to_hz, precision);
  Waveform result;
  result.sample_rate_hz = to_hz;
  resampler.push(waveform.samples, result.samples);
  resampler.finish(result.samples);
  return result;
}

}  // namespace qamro::audio
