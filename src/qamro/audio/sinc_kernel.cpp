#include "qamro/audio/resampler.h"

#include <fmt/format.h>

#include <algorithm>
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

}  // namespace qamro::audio
