#include "qamro/models/clip_encoding.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sndfile.h>

#include <numeric>
#include <stdexcept>
#include <thread>

#include "audio/sound_file.h"
#include "qamro/core/error.h"
#include "qamro/core/sha256.h"

namespace qamro::models {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int kRate = 8000;
constexpr std::int64_t kWindow = 1000;

// Counts and sums a window's samples. Some windows take longer than others.
class SumEncoder : public WindowEncoder {
 public:
  int sample_rate_hz() const override { return kRate; }
  std::vector<audio::Window> windows(std::int64_t samples) const override {
    return audio::fixed_hop_windows(samples, kWindow, kWindow);
  }
  std::int64_t dimension() const override { return 2; }
  std::string layout() const override { return "sum"; }
  std::vector<float> encode(std::span<const float> samples) const override {
    if (samples.size() == 777) throw std::runtime_error("the encoder broke");
    std::this_thread::sleep_for(std::chrono::microseconds(samples.size() % 7 * 100));
    return {static_cast<float>(samples.size()), std::accumulate(samples.begin(), samples.end(), 0.0F)};
  }
};

data::Clip clip(const std::string& path) {
  data::Clip clip;
  clip.path = path;
  clip.path_as_given = path;
  return clip;
}

data::Clip clip_of(std::size_t samples, std::uint64_t seed) {
  return clip(test::write_sound("clip_" + std::to_string(seed) + ".wav", test::noise(samples, seed), kRate, 1,
                                SF_FORMAT_WAV | SF_FORMAT_FLOAT));
}

std::vector<EncodedClip> encode(const std::vector<data::Clip>& clips, int threads) {
  std::vector<EncodedClip> encoded;
  encode_clips(SumEncoder(), clips, {.threads = threads}, [&](std::size_t index, EncodedClip&& one) {
    EXPECT_EQ(index, encoded.size());
    encoded.push_back(std::move(one));
    return true;
  });
  return encoded;
}

std::vector<data::Clip> many_clips() {
  std::vector<data::Clip> clips;
  for (std::uint64_t i = 0; i < 40; ++i) clips.push_back(clip_of(900 + 613 * (i % 9), i));
  return clips;
}

TEST(EncodeClips, CutsEachClipIntoItsWindows) {
  const auto encoded = encode({clip_of(2500, 1)}, 1);
  ASSERT_EQ(encoded.size(), 1U);
  EXPECT_THAT(encoded[0].error, IsEmpty());
  EXPECT_DOUBLE_EQ(encoded[0].duration_seconds, 2500.0 / kRate);
  ASSERT_EQ(encoded[0].vectors.size(), 3U);
  const auto samples = test::noise(2500, 1);
  EXPECT_EQ(encoded[0].vectors[0],
            (std::vector<float>{1000, std::accumulate(samples.begin(), samples.begin() + 1000, 0.0F)}));
  EXPECT_EQ(encoded[0].vectors[2],
            (std::vector<float>{500, std::accumulate(samples.begin() + 2000, samples.end(), 0.0F)}));
}

// Returns the number of threads that a window had.
class ThreadsEncoder : public SumEncoder {
 public:
  std::vector<float> encode(std::span<const float>) const override {
    return {static_cast<float>(at::get_num_threads()), 0};
  }
};

TEST(EncodeClips, FewWindowsShareTheThreads) {
  const auto threads_of = [](const std::vector<data::Clip>& clips, int threads) {
    std::vector<float> found;
    encode_clips(ThreadsEncoder(), clips, {.threads = threads}, [&](std::size_t, EncodedClip&& one) {
      for (const auto& vector : one.vectors) found.push_back(vector[0]);
      return true;
    });
    return found;
  };
  const auto one_window = clip_of(900, 1), three_windows = clip_of(2500, 2);
  EXPECT_EQ(threads_of({one_window}, 5), std::vector<float>({5}));
  EXPECT_EQ(threads_of({one_window, one_window}, 5), std::vector<float>({2, 2}));
  EXPECT_EQ(threads_of({three_windows}, 5), std::vector<float>({1, 1, 1}));
  EXPECT_EQ(threads_of({three_windows}, 6), std::vector<float>({2, 2, 2}));
  EXPECT_EQ(threads_of({one_window, one_window}, 1), std::vector<float>({1, 1}));
}

TEST(EncodeClips, NeitherThreadsNorOtherClipsChangeAVector) {
  const auto clips = many_clips();
  const auto one = encode(clips, 1);
  for (const int threads : {2, 8, 17}) {
    const auto many = encode(clips, threads);
    ASSERT_EQ(many.size(), clips.size());
    for (std::size_t i = 0; i < clips.size(); ++i) EXPECT_EQ(many[i].vectors, one[i].vectors) << i;
  }
  for (std::size_t i = 0; i < clips.size(); i += 7)
    EXPECT_EQ(encode({clips[i]}, 1)[0].vectors, one[i].vectors);
}

TEST(EncodeClips, WhatCannotBeReadKeepsItsPlace) {
  auto clips = many_clips();
  clips[3] = clip("/nowhere/at_all.wav");
  clips[20].error = "line 20: no path";
  clips.push_back(clip(test::write_bytes("text.wav", "no sound in here")));
  clips.push_back(clip_of(700, 99));  // shorter than a tenth of a second
  const auto encoded = encode(clips, 3);
  ASSERT_EQ(encoded.size(), clips.size());
  EXPECT_THAT(encoded[3].error, HasSubstr("/nowhere/at_all.wav"));
  EXPECT_EQ(encoded[20].error, "line 20: no path");
  EXPECT_THAT(encoded[40].error, HasSubstr("text.wav"));
  EXPECT_THAT(encoded[41].error, HasSubstr("too short"));
  for (const std::size_t bad : {3, 20, 40, 41}) EXPECT_THAT(encoded[bad].vectors, IsEmpty());
  for (const std::size_t good : {2, 4, 19, 21, 39}) EXPECT_THAT(encoded[good].error, IsEmpty());
}

TEST(EncodeClips, StopsWhenTold) {
  int seen = 0;
  encode_clips(SumEncoder(), many_clips(), {.threads = 4},
               [&](std::size_t, EncodedClip&&) { return ++seen < 5; });
  EXPECT_EQ(seen, 5);
}

TEST(EncodeClips, PassesOnWhatTheEncoderAndTheReceiverThrow) {
  auto clips = many_clips();
  clips[10] = clip_of(1777, 50);  // a window of 777 samples
  EXPECT_THROW(encode(clips, 3), std::runtime_error);
  EXPECT_THROW(encode_clips(SumEncoder(), many_clips(), {.threads = 3},
                            [](std::size_t, EncodedClip&&) -> bool { throw FileError("disk full"); }),
               FileError);
}

TEST(EncodeClips, NothingToDo) {
  EXPECT_THAT(encode({}, 2), IsEmpty());
  EXPECT_THROW(encode({}, 0), InvalidInput);
}

TEST(EncodeClips, AreHashedIfAsked) {
  data::Clip whole = clip_of(2500, 77);
  data::Clip part = whole;
  part.start_seconds = 0.1;
  const std::vector clips = {whole, part};
  for (const EncodedClip& one : encode(clips, 2)) EXPECT_EQ(one.digests, data::ClipDigests());
  std::vector<data::ClipDigests> digests;
  encode_clips(SumEncoder(), clips, {.threads = 2, .hash_clips = true}, [&](std::size_t, EncodedClip&& one) {
    digests.push_back(one.digests);
    return true;
  });
  const auto samples = test::noise(2500, 77);
  EXPECT_EQ(digests[0].file, sha256_file(whole.path));
  EXPECT_EQ(digests[0].samples,
            sha256_hex({reinterpret_cast<const char*>(samples.data()), samples.size() * sizeof(float)}));
  EXPECT_EQ(digests[1].file, digests[0].file);
  EXPECT_NE(digests[1].samples, digests[0].samples);
}

}  // namespace
}  // namespace qamro::models
