#include "qamro/audio/sinc_kernel.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <numbers>
#include <numeric>
#include <utility>

#include "qamro/core/error.h"

namespace qamro::audio {
namespace {

constexpr int kLowpassFilterWidth = 6;
constexpr double kRolloff = 0.99;
constexpr int kHighestRateHz = 768'000;

// float32 throughout, in the reference's order of operations.
float weight(float t, float scale) {
  const auto pi = static_cast<float>(std::numbers::pi);
  const float cosine = std::cos(t * pi / static_cast<float>(kLowpassFilterWidth) / 2.0F);
  const float window = cosine * cosine;
  const float angle = t * pi;
  const float sinc = angle == 0.0F ? 1.0F : std::sin(angle) / angle;
  return sinc * (window * scale);
}

SincKernel build(std::int64_t from, std::int64_t to) {
  SincKernel kernel{};
  kernel.step = from;
  kernel.phases = to;
  const double base = static_cast<double>(std::min(from, to)) * kRolloff;
  kernel.width = static_cast<std::int64_t>(std::ceil(kLowpassFilterWidth * static_cast<double>(from) / base));
  const auto scale = static_cast<float>(base / static_cast<double>(from));
  const auto limit = static_cast<float>(kLowpassFilterWidth);
  const auto reach =
      static_cast<std::int64_t>(2 * kLowpassFilterWidth * static_cast<double>(from) / base) + 3;
  kernel.taps = (reach + SincKernel::kLanes - 1) / SincKernel::kLanes * SincKernel::kLanes;
  kernel.weights.assign(static_cast<std::size_t>(to * kernel.taps), 0.0F);
  for (std::int64_t phase = 0; phase < to; ++phase) {
    const float shift = -static_cast<float>(phase) / static_cast<float>(to);
    const auto position = [&](std::int64_t input) {
      return (shift + static_cast<float>(input) / static_cast<float>(from)) * static_cast<float>(base);
    };
    // The window is open where |position| < 6, hence around input = phase · from / to.
    auto input = phase * from / to - kernel.width - 1;
    input = std::max(input, -kernel.width);
    while (position(input) <= -limit) ++input;
    kernel.first.push_back(input);
    float* row = &kernel.weights[static_cast<std::size_t>(phase * kernel.taps)];
    for (std::int64_t tap = 0; tap < kernel.taps && input < kernel.width + from; ++tap, ++input) {
      const float t = position(input);
      if (t >= limit) break;
      row[tap] = weight(t, scale);
    }
  }
  return kernel;
}

}  // namespace

std::shared_ptr<const SincKernel> sinc_kernel(int from_hz, int to_hz) {
  for (const int rate : {from_hz, to_hz})
    if (rate < 1 || rate > kHighestRateHz)
      throw InvalidInput(fmt::format("resampler: expected sample rates of 1 to {} Hz, got {} to {}",
                                     kHighestRateHz, from_hz, to_hz));
  static std::mutex mutex;
  static std::map<std::pair<int, int>, std::shared_ptr<const SincKernel>> cache;
  const int divisor = std::gcd(from_hz, to_hz);
  const std::lock_guard lock(mutex);
  auto& kernel = cache[{from_hz / divisor, to_hz / divisor}];
  if (!kernel) kernel = std::make_shared<SincKernel>(build(from_hz / divisor, to_hz / divisor));
  return kernel;
}

}  // namespace qamro::audio
