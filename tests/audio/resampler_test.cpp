#include "qamro/audio/resampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numbers>

#include "audio/sound_file.h"
#include "qamro/core/error.h"
#include "qamro/core/random.h"

namespace qamro::audio {
namespace {

// Made by tools/golden/resampler.py with torchaudio.functional.resample.
TEST(Resampler, EqualsTorchaudio) {
  std::ifstream stream(QAMRO_TEST_DIR "/golden/resampler.json");
  const auto cases = nlohmann::json::parse(stream);
  ASSERT_GE(cases.size(), 8U);
  for (const auto& entry : cases) {
    const int from = entry.at("from");
    const auto resampled = resample({entry.at("input").get<std::vector<float>>(), from}, entry.at("to"));
    const auto expected = entry.at("output").get<std::vector<float>>();
    ASSERT_EQ(resampled.samples.size(), expected.size()) << from;
    for (std::size_t i = 0; i < expected.size(); ++i)
      ASSERT_NEAR(resampled.samples[i], expected[i], 1e-6)
          << from << " Hz to " << entry.at("to") << " at " << i;
  }
}

TEST(Resampler, SameBitsHoweverTheStreamIsCut) {
  Random random(11);
  for (const auto& [from, to] : std::vector<std::pair<int, int>>{
           {48000, 16000}, {44100, 16000}, {8000, 16000}, {44101, 16000}, {16000, 16000}, {192000, 8000}}) {
    for (const std::size_t length : {0UL, 1UL, 7UL, 100UL, 30011UL}) {
      const auto samples = test::noise(length, length);
      const auto whole = resample({samples, from}, to).samples;
      ASSERT_EQ(static_cast<std::int64_t>(whole.size()),
                resampled_length(static_cast<std::int64_t>(length), from, to));
      Resampler resampler(from, to);
      std::vector<float> pieces;
      for (std::size_t at = 0; at < length;) {
        const auto size = std::min<std::size_t>(random.below(3000), length - at);
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
  EXPECT_EQ(resampled_length(3'600LL * 192'000, 192'000, 16'000), 57'600'000);
}

TEST(Resampler, AbsurdRatesAreRefused) {
  EXPECT_THROW(Resampler(0, 16000), InvalidInput);
  EXPECT_THROW(Resampler(16000, -1), InvalidInput);
  EXPECT_THROW(Resampler(1'000'000, 16000), InvalidInput);
}

}  // namespace
}  // namespace qamro::audio
