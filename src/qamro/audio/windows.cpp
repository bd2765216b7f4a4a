#include "qamro/audio/windows.h"

#include <fmt/format.h>

#include <algorithm>

#include "qamro/audio/resampler.h"
#include "qamro/core/error.h"

namespace qamro::audio {
namespace {

constexpr std::size_t kReadFrames = 16384;

void check_sizes(std::int64_t samples, std::int64_t window, std::int64_t hop) {
  if (samples < 1 || window < 1 || hop < 1)
    throw InvalidInput(fmt::format("windows: expected at least 1 sample, window and hop, got {}, {} and {}",
                                   samples, window, hop));
}

void check_order(std::span<const Window> windows) {
  std::int64_t earliest = 0;
  for (const auto& window : windows) {
    if (window.start_sample < earliest || window.length_samples < 1)
      throw InvalidInput(
          fmt::format("windows: expected samples, sorted by start, got {} samples from {} after {}",
                      window.length_samples, window.start_sample, earliest));
    earliest = window.start_sample;
  }
}

// See for_each_window(). A resampler has push() and finish().
template <typename AnyResampler>
void cut_windows(AudioReader& reader, AnyResampler& resampler, std::span<const Window> windows,
                 const std::function<void(const Window&, std::span<const float> samples)>& use) {
  check_order(windows);
  std::vector<float> block(kReadFrames);
  std::vector<float> samples;  // resampled; the first one has index `begin`
  std::int64_t begin = 0;
  auto next = windows.begin();
  for (bool ended = false; !ended;) {
    const auto got = reader.read(block);
    ended = got == 0;
    if (ended) {
      resampler.finish(samples);
    } else {
      resampler.push({block.data(), got}, samples);
    }
    while (next != windows.end() &&
           next->start_sample + next->length_samples <= begin + static_cast<std::int64_t>(samples.size())) {
      use(*next, std::span(samples).subspan(static_cast<std::size_t>(next->start_sample - begin),
                                            static_cast<std::size_t>(next->length_samples)));
      ++next;
    }
    const auto size = static_cast<std::int64_t>(samples.size());
    const auto unused =
        next == windows.end() ? size : std::clamp<std::int64_t>(next->start_sample - begin, 0, size);
    samples.erase(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(unused));
    begin += unused;
  }
  if (next != windows.end())
    throw InvalidInput(fmt::format("windows: window at sample {} of {} samples lies past the clip's end",
                                   next->start_sample, next->length_samples));
}

}  // namespace

std::vector<Window> evenly_spread_windows(std::int64_t samples, std::int64_t window,
                                          std::int64_t longest_hop) {
  check_sizes(samples, window, longest_hop);
  const std::int64_t overlength = std::max<std::int64_t>(0, samples - window);
  const std::int64_t hops = (overlength + longest_hop - 1) / longest_hop + 1;
  std::vector<Window> windows;
  for (std::int64_t k = 0; k < hops; ++k) {
    // numpy.linspace multiplies by the step and sets the last value itself.
    const double at = k == hops - 1 ? (hops == 1 ? 0.0 : 1.0)
                                    : static_cast<double>(k) * (1.0 / static_cast<double>(hops - 1));
    windows.push_back(
        {static_cast<std::int64_t>(at * static_cast<double>(overlength)), std::min(samples, window)});
  }
  return windows;
}

std::vector<Window> fixed_hop_windows(std::int64_t samples, std::int64_t window, std::int64_t hop) {
  check_sizes(samples, window, hop);
  std::vector<Window> windows;
  for (std::int64_t start = 0; start < samples; start += hop)
    windows.push_back({start, std::min(window, samples - start)});
  return windows;
}

void for_each_window(AudioReader& reader, int to_hz, std::span<const Window> windows,
                     const std::function<void(const Window&, std::span<const float> samples)>& use,
                     SincPrecision precision) {
  Resampler resampler(reader.sample_rate_hz(), to_hz, precision);
  cut_windows(reader, resampler, windows, use);
}

void for_each_window(AudioReader& reader, int to_hz, std::span<const Window> windows,
                     const std::function<void(const Window&, std::span<const float> samples)>& use,
                     ResamplingMethod method) {
  if (method != ResamplingMethod::soxr_hq)
    return for_each_window(reader, method == ResamplingMethod::none ? reader.sample_rate_hz() : to_hz,
                           windows, use);
  SoxrResampler resampler(reader.sample_rate_hz(), to_hz);
  cut_windows(reader, resampler, windows, use);
}

std::int64_t resampled_length(std::int64_t samples, int from_hz, int to_hz, ResamplingMethod method) {
  switch (method) {
    case ResamplingMethod::sinc:
      return resampled_length(samples, from_hz, to_hz);
    case ResamplingMethod::soxr_hq:
      return soxr_resampled_length(samples, from_hz, to_hz);
    case ResamplingMethod::none:
      break;
  }
  return resampled_length(samples, from_hz, from_hz);
}

}  // namespace qamro::audio
