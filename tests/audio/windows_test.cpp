#include "qamro/audio/windows.h"

#include <gtest/gtest.h>
#include <sndfile.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "audio/sound_file.h"
#include "qamro/audio/resampler.h"
#include "qamro/core/error.h"

namespace qamro::audio {
namespace {

constexpr std::int64_t kWindow = 122880;

TEST(Windows, OneShortWindowForAShortClip) {
  EXPECT_EQ(evenly_spread_windows(1, kWindow, 16000), (std::vector<Window>{{0, 1}}));
  EXPECT_EQ(evenly_spread_windows(kWindow, kWindow, 16000), (std::vector<Window>{{0, kWindow}}));
}

// numpy: [int(c * 40000) for c in numpy.linspace(0, 1, 4)] and [… * 32001 … 4]
TEST(Windows, StartsAreNumpysLinspace) {
  const auto starts = [](std::int64_t samples) {
    std::vector<std::int64_t> list;
    for (const auto& window : evenly_spread_windows(samples, kWindow, 16000))
      list.push_back(window.start_sample);
    return list;
  };
  EXPECT_EQ(starts(kWindow + 40000), (std::vector<std::int64_t>{0, 13333, 26666, 40000}));
  EXPECT_EQ(starts(kWindow + 32000), (std::vector<std::int64_t>{0, 16000, 32000}));
  EXPECT_EQ(starts(kWindow + 32001), (std::vector<std::int64_t>{0, 10667, 21334, 32001}));
  EXPECT_EQ(starts(kWindow + 1), (std::vector<std::int64_t>{0, 1}));
}

TEST(Windows, FixedHopEndsWithAShorterWindow) {
  EXPECT_EQ(fixed_hop_windows(25, 10, 10), (std::vector<Window>{{0, 10}, {10, 10}, {20, 5}}));
  EXPECT_EQ(fixed_hop_windows(20, 10, 10), (std::vector<Window>{{0, 10}, {10, 10}}));
  EXPECT_EQ(fixed_hop_windows(3, 10, 10), (std::vector<Window>{{0, 3}}));
  EXPECT_THROW(fixed_hop_windows(0, 10, 10), InvalidInput);
  EXPECT_THROW(evenly_spread_windows(10, 0, 10), InvalidInput);
}

TEST(Windows, StreamingGivesTheSamplesOfTheWhole) {
  const auto path =
      test::write_sound("long.wav", test::noise(44100 * 25, 1), 44100, 1, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
  const auto whole = resample(read_mono(path), 16000).samples;
  for (const auto& windows : {evenly_spread_windows(static_cast<std::int64_t>(whole.size()), kWindow, 16000),
                              fixed_hop_windows(static_cast<std::int64_t>(whole.size()), 50000, 50000),
                              fixed_hop_windows(static_cast<std::int64_t>(whole.size()), 1000, 90000)}) {
    AudioReader reader(path);
    std::size_t count = 0;
    for_each_window(reader, 16000, windows, [&](const Window& window, std::span<const float> samples) {
      ASSERT_EQ(window, windows[count++]);
      ASSERT_TRUE(std::equal(samples.begin(), samples.end(), whole.begin() + window.start_sample));
      ASSERT_EQ(static_cast<std::int64_t>(samples.size()), window.length_samples);
    });
    EXPECT_EQ(count, windows.size());
  }
}

TEST(Windows, TenMinutesGiveTheSamplesOfTheWhole) {
  const auto path = test::write_sound("ten_minutes.flac", test::noise(600 * 24000 + 11, 2), 24000, 1,
                                      SF_FORMAT_FLAC | SF_FORMAT_PCM_16);
  const auto whole = resample(read_mono(path), 16000).samples;
  AudioReader reader(path);
  const auto windows = evenly_spread_windows(resampled_length(reader.frames(), 24000, 16000), kWindow, 16000);
  EXPECT_EQ(windows.size(), 594U);
  EXPECT_EQ(windows.back().start_sample + kWindow, static_cast<std::int64_t>(whole.size()));
  for_each_window(reader, 16000, windows, [&](const Window& window, std::span<const float> samples) {
    ASSERT_TRUE(std::equal(samples.begin(), samples.end(), whole.begin() + window.start_sample));
  });
}

TEST(Windows, ACutFileIsRefusedEvenBehindTheLastWindow) {
  const auto bytes = test::read_bytes(
      test::write_sound("whole.flac", test::noise(160000, 3), 16000, 1, SF_FORMAT_FLAC | SF_FORMAT_PCM_16));
  AudioReader reader(test::write_bytes("cut.flac", bytes.substr(0, bytes.size() * 3 / 4)));
  const std::vector<Window> windows = {{0, 1000}};
  int used = 0;
  EXPECT_THROW(
      for_each_window(reader, 16000, windows, [&](const Window&, std::span<const float>) { ++used; }),
      DecodeError);
  EXPECT_EQ(used, 1);
}

TEST(Windows, WindowsOutOfOrderOrEmptyAreRefused) {
  const auto path =
      test::write_sound("order.wav", test::noise(1000, 1), 16000, 1, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
  for (const auto& windows : {std::vector<Window>{{500, 10}, {400, 10}}, std::vector<Window>{{-1, 10}},
                              std::vector<Window>{{0, 0}}}) {
    AudioReader reader(path);
    EXPECT_THROW(for_each_window(reader, 16000, windows, [](const Window&, std::span<const float>) {}),
                 InvalidInput);
  }
}

TEST(Windows, AWindowPastTheEndIsRefused) {
  const auto path =
      test::write_sound("short.wav", test::noise(1000, 1), 16000, 1, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
  AudioReader reader(path);
  const std::vector<Window> windows = {{500, 501}};
  EXPECT_THROW(for_each_window(reader, 16000, windows, [](const Window&, std::span<const float>) {}),
               InvalidInput);
}

}  // namespace
}  // namespace qamro::audio
