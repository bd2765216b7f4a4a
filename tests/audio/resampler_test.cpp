#include "qamro/audio/resampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "audio/sound_file.h"
#include "qamro/core/error.h"
#include "qamro/core/random.h"

namespace qamro::audio {
namespace {

// Made by tools/golden/resampler.py with torchaudio.
nlohmann::json golden() {
  std::ifstream stream(QAMRO_TEST_DIR "/golden/resampler.json");
  return nlohmann::json::parse(stream);
}

void expect_near(std::span<const float> got, const std::vector<float>& expected, const std::string& where) {
  ASSERT_EQ(got.size(), expected.size()) << where;
  for (std::size_t i = 0; i < expected.size(); ++i)
    ASSERT_NEAR(got[i], expected[i], 1e-6) << where << ", sample " << i;
}

TEST(Resampler, EqualsTorchaudio) {
  const auto expected = golden();
  const auto signal = expected.at("signal").get<std::vector<float>>();
  ASSERT_GE(expected.at("cases").size(), 8U);
  for (const auto& entry : expected.at("cases"))
    for (const auto& [name, precision] : {std::pair("functional", SincPrecision::functional),
                                          std::pair("transform", SincPrecision::transform)}) {
      const int from_hz = entry.at("from_hz");
      const auto got = resample({signal, from_hz}, entry.at("to_hz"), precision).samples;
      const auto head = entry.at(name).at("head").get<std::vector<float>>();
      const auto tail = entry.at(name).at("tail").get<std::vector<float>>();
      const auto where = std::string(name) + " from " + std::to_string(from_hz) + " Hz";
      ASSERT_EQ(got.size(), entry.at("samples").get<std::size_t>()) << where;
      expect_near(std::span(got).first(head.size()), head, where);
      expect_near(std::span(got).last(tail.size()), tail, where + ", at the end");
    }
}

TEST(Resampler, LengthIsTorchaudios) {
  const auto expected = golden();
  ASSERT_GE(expected.at("lengths").size(), 8U);
  for (const auto& entry : expected.at("lengths"))
    EXPECT_EQ(resampled_length(entry.at("samples"), entry.at("from_hz"), entry.at("to_hz")),
              entry.at("resampled").get<std::int64_t>())
        << entry;
}

TEST(Resampler, ItsPrecisionsDiffer) {
  const auto samples = test::noise(5000, 9);
  const auto functional = resample({samples, 22050}, 16000).samples;
  const auto transform = resample({samples, 22050}, 16000, SincPrecision::transform).samples;
  float largest = 0;
  for (std::size_t i = 0; i < functional.size(); ++i)
    largest = std::max(largest, std::abs(functional[i] - transform[i]));
  EXPECT_GT(largest, 1e-6F);
  EXPECT_LT(largest, 1e-4F);
}

// Rounds each product and each sum in the order below, so that every compiler, and every instruction set that
// the sum is compiled for, gives the same bits.
float sum_of_products(const float* samples, const float* weights, std::int64_t taps) {
  constexpr std::int64_t kLanes = SincKernel::kLanes;
  std::vector<float> sums(kLanes, 0.0F);
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    const float product = samples[tap] * weights[tap];
    sums[static_cast<std::size_t>(tap % kLanes)] += product;
  }
  for (std::size_t half = kLanes / 2; half > 0; half /= 2)
    for (std::size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  return sums[0];
}

TEST(Resampler, HasTheBitsOfTheSumAsWritten) {
  const auto samples = test::noise(4000, 5);
  for (const int from_hz : {44100, 8000, 96000}) {
    const auto kernel = sinc_kernel(from_hz, 16000);
    const auto resampled = resample({samples, from_hz}, 16000).samples;
    std::size_t compared = 0;
    for (std::size_t i = 0; i < resampled.size(); ++i) {
      const auto output = static_cast<std::int64_t>(i), phase = output % kernel->phases;
      const auto first =
          output / kernel->phases * kernel->step + kernel->first[static_cast<std::size_t>(phase)];
      if (first < 0 || first + kernel->taps > std::ssize(samples)) continue;
      ASSERT_EQ(
          resampled[i],
          sum_of_products(&samples[static_cast<std::size_t>(first)],
                          &kernel->weights[static_cast<std::size_t>(phase * kernel->taps)], kernel->taps))
          << "from " << from_hz << " Hz, sample " << i;
      ++compared;
    }
    EXPECT_GT(compared, 500U);
  }
}

// An impulse returns the filter: at 1:2, sinc(0.99 · k/2) under its window, in closed form.
TEST(Resampler, AnImpulseGivesTheFilter) {
  std::vector<float> impulse(41, 0.0F);
  impulse[20] = 1.0F;
  const auto response = resample({impulse, 8000}, 16000).samples;
  ASSERT_EQ(response.size(), 82U);
  for (int i = 0; i < 82; ++i) {
    const double t = 0.99 * (20 - i / 2.0);
    const double angle = std::numbers::pi * t;
    const double window = std::abs(t) < 6 ? std::pow(std::cos(angle / 12), 2) : 0;
    const double expected = 0.99 * window * (t == 0 ? 1 : std::sin(angle) / angle);
    ASSERT_NEAR(response[static_cast<std::size_t>(i)], expected, 1e-6) << i;
  }
}

TEST(Resampler, SameBitsHoweverTheStreamIsCut) {
  Random random(11);
  for (const auto& [from, to] : std::vector<std::pair<int, int>>{{48000, 16000},
                                                                 {44100, 16000},
                                                                 {8000, 16000},
                                                                 {44101, 16000},
                                                                 {16000, 16000},
                                                                 {192000, 8000},
                                                                 {16000, 44101},
                                                                 {7, 768000},
                                                                 {768000, 11}}) {
    for (const std::size_t length : {0UL, 1UL, 7UL, 100UL, from > 7 ? 30011UL : 211UL}) {
      const auto samples = test::noise(length, length);
      const auto whole = resample({samples, from}, to).samples;
      ASSERT_EQ(static_cast<std::int64_t>(whole.size()),
                resampled_length(static_cast<std::int64_t>(length), from, to));
      Resampler resampler(from, to);
      std::vector<float> pieces;
      for (std::size_t at = 0; at < length;) {
        const auto size = std::min<std::size_t>(random.below(random.below(2) == 0 ? 3 : 3000), length - at);
        resampler.push({samples.data() + at, size}, pieces);
        at += size;
      }
      resampler.finish(pieces);
      EXPECT_EQ(pieces, whole) << from << " to " << to << ", " << length << " samples";
    }
  }
}

TEST(Resampler, KeepsAConstantAndASineBelowTheBand) {
  const auto constant = resample({std::vector<float>(48000, 0.25F), 48000}, 16000).samples;
  for (std::size_t i = 100; i + 100 < constant.size(); ++i) ASSERT_NEAR(constant[i], 0.25F, 1e-3);
  std::vector<float> tone;
  for (int i = 0; i < 44100; ++i)
    tone.push_back(static_cast<float>(std::sin(2 * std::numbers::pi * 1000 * i / 44100)));
  const auto resampled = resample({tone, 44100}, 16000).samples;
  for (int i = 100; i < 15900; ++i)
    ASSERT_NEAR(resampled[static_cast<std::size_t>(i)], std::sin(2 * std::numbers::pi * 1000 * i / 16000),
                2e-3)
        << i;
}

TEST(Resampler, LengthIsRoundedUp) {
  EXPECT_EQ(resampled_length(0, 44100, 16000), 0);
  EXPECT_EQ(resampled_length(1, 44100, 16000), 1);
  EXPECT_EQ(resampled_length(441, 44100, 16000), 160);
  EXPECT_EQ(resampled_length(442, 44100, 16000), 161);
  EXPECT_EQ(resampled_length(1'000'000'007, 16000, 16000), 1'000'000'007);
  EXPECT_EQ(resampled_length(3'600LL * 192'000, 192'000, 16'000), 57'600'000);
  EXPECT_THROW(resampled_length(-1, 44100, 16000), InvalidInput);
  EXPECT_THROW(resampled_length(5, 0, 16000), InvalidInput);
}

TEST(Resampler, AbsurdRatesAreRefused) {
  EXPECT_THROW(Resampler(0, 16000), InvalidInput);
  EXPECT_THROW(Resampler(16000, -1), InvalidInput);
  EXPECT_THROW(Resampler(1'000'000, 16000), InvalidInput);
}

}  // namespace
}  // namespace qamro::audio
