#include "qamro/audio/resampler.h"

#include <fmt/format.h>
#include <soxr.h>

#include <algorithm>
#include <cmath>

#include "qamro/audio/sound_source.h"
#include "qamro/core/error.h"

namespace qamro::audio {
namespace {

constexpr std::size_t kBlock = 16384;

}  // namespace

std::int64_t soxr_resampled_length(std::int64_t samples, int from_hz, int to_hz) {
  check_resampling_rates(from_hz, to_hz);
  if (samples < 0) throw InvalidInput(fmt::format("resampling: expected 0 or more samples, got {}", samples));
  if (from_hz == to_hz) return samples;
  const double ratio = static_cast<double>(to_hz) / from_hz;
  return static_cast<std::int64_t>(std::ceil(static_cast<double>(samples) * ratio));
}

void SoxrResampler::Free::operator()(soxr* resampler) const {
  soxr_delete(resampler);
}

SoxrResampler::SoxrResampler(int from_hz, int to_hz) : from_hz_(from_hz), to_hz_(to_hz) {
  check_resampling_rates(from_hz, to_hz);
  if (from_hz == to_hz) return;
  const soxr_io_spec_t io = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I);
  const soxr_quality_spec_t quality = soxr_quality_spec(SOXR_HQ, 0);
  const soxr_runtime_spec_t runtime = soxr_runtime_spec(1);
  soxr_error_t error = nullptr;
  soxr_.reset(soxr_create(from_hz, to_hz, 1, &error, &io, &quality, &runtime));
  if (error != nullptr || !soxr_)
    throw Error(fmt::format("resampling from {} to {} Hz: libsoxr: {}", from_hz, to_hz,
                            error == nullptr ? "no resampler" : soxr_strerror(error)));
}

SoxrResampler::~SoxrResampler() = default;

std::size_t SoxrResampler::process(const float* samples, std::size_t count, std::size_t max_samples,
                                   std::vector<float>& out) {
  const std::size_t before = out.size();
  out.resize(before + max_samples);
  std::size_t used = 0, made = 0;
  const soxr_error_t error =
      soxr_process(soxr_.get(), samples, count, &used, out.data() + before, max_samples, &made);
  out.resize(before + made);
  produced_ += static_cast<std::int64_t>(made);
  if (error != nullptr) throw Error(fmt::format("resampling: libsoxr: {}", soxr_strerror(error)));
  return used;
}

void SoxrResampler::push(std::span<const float> samples, std::vector<float>& out) {
  pushed_ += static_cast<std::int64_t>(samples.size());
  if (!soxr_) {
    out.insert(out.end(), samples.begin(), samples.end());
    return;
  }
  while (!samples.empty()) samples = samples.subspan(process(samples.data(), samples.size(), kBlock, out));
}

void SoxrResampler::finish(std::vector<float>& out) {
  if (!soxr_) return;
  const std::int64_t length = soxr_resampled_length(pushed_, from_hz_, to_hz_);
  for (std::int64_t before = -1; before != produced_ && produced_ < length;) {
    before = produced_;
    process(nullptr, 0, std::min(kBlock, static_cast<std::size_t>(length - produced_)), out);
  }
  if (produced_ < length) out.insert(out.end(), static_cast<std::size_t>(length - produced_), 0.0F);
  produced_ = length;
}

}  // namespace qamro::audio
