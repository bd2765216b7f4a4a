#include "qamro/audio/resampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "qamro/core/error.h"

namespace qamro::audio {
namespace {

std::vector<float> tone(std::size_t samples, int rate_hz) {
  std::vector<float> wave(samples);
  for (std::size_t i = 0; i < samples; ++i)
    wave[i] =
        static_cast<float>(0.5 * std::sin(2.0 * std::numbers::pi * 440.0 * static_cast<double>(i) / rate_hz));
  return wave;
}

std::vector<float> resample(std::span<const float> samples, int from_hz, int to_hz, std::size_t step) {
  SoxrResampler resampler(from_hz, to_hz);
  std::vector<float> out;
  for (std::size_t at = 0; at < samples.size(); at += step)
    resampler.push(samples.subspan(at, std::min(step, samples.size() - at)), out);
  resampler.finish(out);
  return out;
}

TEST(SoxrResampler, KeepsATone) {
  for (const int from_hz : {8000, 16000, 24000, 44100, 96000}) {
    const auto found = resample(tone(static_cast<std::size_t>(from_hz), from_hz), from_hz, 48000, 4096);
    const auto expected = tone(48000, 48000);
    ASSERT_GE(found.size(), expected.size());  // librosa rounds 44100 · (48000 / 44100) up to 48001
    for (std::size_t i = 2000; i < 46000; ++i)
      ASSERT_NEAR(found[i], expected[i], 1e-5) << from_hz << " " << i;
  }
}

TEST(SoxrResampler, GivesTheSameBitsHoweverTheStreamIsCut) {
  const auto wave = tone(30011, 44100);
  const auto whole = resample(wave, 44100, 48000, wave.size());
  for (const std::size_t step : {1U, 7U, 1000U, 16384U}) EXPECT_EQ(resample(wave, 44100, 48000, step), whole);
}

TEST(SoxrResampler, HasTheLengthThatLibrosaSays) {
  for (const std::size_t samples : {1U, 2U, 3U, 100U, 4801U, 16001U})
    for (const int from_hz : {11025, 16000, 44100, 48000, 96000}) {
      const auto length = soxr_resampled_length(static_cast<std::int64_t>(samples), from_hz, 48000);
      EXPECT_EQ(resample(tone(samples, from_hz), from_hz, 48000, 512).size(),
                static_cast<std::size_t>(length))
          << samples << " at " << from_hz;
    }
  EXPECT_EQ(soxr_resampled_length(3, 16000, 48000), 9);
  EXPECT_EQ(soxr_resampled_length(44101, 44100, 48000), 48002);  // ceil(48001.09)
  EXPECT_EQ(soxr_resampled_length(0, 16000, 48000), 0);
}

TEST(SoxrResampler, LeavesEqualRatesAlone) {
  const auto wave = tone(777, 48000);
  EXPECT_EQ(resample(wave, 48000, 48000, 100), wave);
}

TEST(SoxrResampler, RefusesRatesThatNoSoundHas) {
  for (const int rate : {0, -1, 768001}) {
    EXPECT_THROW(SoxrResampler(rate, 48000), InvalidInput);
    EXPECT_THROW(SoxrResampler(48000, rate), InvalidInput);
    EXPECT_THROW(soxr_resampled_length(1, rate, 48000), InvalidInput);
  }
  EXPECT_THROW(soxr_resampled_length(-1, 16000, 48000), InvalidInput);
}

}  // namespace
}  // namespace qamro::audio
