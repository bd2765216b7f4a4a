#include <fcntl.h>
#include <gtest/gtest.h>
#include <sndfile.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "audio/expect_refused.h"
#include "audio/sound_file.h"
#include "qamro/audio/decoder.h"

namespace qamro::audio {
namespace {

using test::expect_refused;

TEST(RefusedAudio, WhatIsNoAudioIsNamed) {
  expect_refused("/nowhere/a.wav", "No such file");
  expect_refused(::testing::TempDir(), "folder");
  expect_refused(test::write_bytes("empty.wav", ""), "empty file");
  expect_refused(
      test::write_bytes("text.wav", "these are words, not sound, and there are enough of them"),
      "not audio that libsndfile can read: Format not recognised. (the file begins with 'these ar')");
  expect_refused(test::write_sound("none.wav", {}, 16000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16),
                 "without any");
  expect_refused("/dev/zero", "regular file");
}

TEST(RefusedAudio, SamplesThatAreNoNumbersAreNamedByTime) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto samples = test::noise(16000, 5);
    samples[8000] = bad;
    expect_refused(test::write_sound("nan.wav", samples, 16000, 1, SF_FORMAT_WAV | SF_FORMAT_FLOAT),
                   "at 0.5000 s");
  }
}

TEST(RefusedAudio, CutFilesAreRefused) {
  const auto samples = test::noise(48000, 6);
  for (const auto& [name, format] :
       std::vector<std::pair<const char*, int>>{{"cut.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16},
                                                {"cut.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16},
                                                {"cut.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16}}) {
    const auto bytes = test::read_bytes(test::write_sound(name, samples, 16000, 1, format));
    expect_refused(test::write_bytes(std::string("half.") + name, bytes.substr(0, bytes.size() / 2)),
                   "truncated");
  }
}

TEST(RefusedAudio, AFlacWithAHoleIsRefusedEvenIfSilenceFillsIt) {
  auto samples = test::noise(12'982, 6, 0.01F);
  for (std::size_t i = 0; i < samples.size(); ++i)
    samples[i] += 0.5F * std::sin(0.05F * static_cast<float>(i));
  const auto whole =
      test::read_bytes(test::write_sound("hole.flac", samples, 16000, 1, SF_FORMAT_FLAC | SF_FORMAT_PCM_16));
  const std::size_t hole = whole.size() / 12;
  for (std::size_t begin = hole; begin + hole < whole.size(); begin += hole / 5) {
    auto bytes = whole;
    bytes.replace(begin, hole, hole, '\0');
    expect_refused(test::write_bytes("holed.flac", bytes), "truncated or damaged");
  }
}

TEST(RefusedAudio, AStreamedWavWithAnOpenSizeIsRead) {
  auto bytes = test::read_bytes(
      test::write_sound("pipe.wav", test::noise(16000, 7), 16000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16));
  const auto data = bytes.find("data");
  ASSERT_NE(data, std::string::npos);
  for (std::size_t i = 0; i < 4; ++i)
    bytes[data + 4 + i] = bytes[4 + i] = '\xff';  // as ffmpeg does when it writes to a pipe
  EXPECT_EQ(read_mono(test::write_bytes("open.wav", bytes)).samples.size(), 16000U);
}

TEST(RefusedAudio, NoDescriptorIsLeftOpenOrClosedTwice) {
  const auto good =
      test::write_sound("good.wav", test::noise(100, 1), 16000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
  const auto bad = test::write_bytes("bad.wav", "these are words, not sound, and there are enough of them");
  const int before = open(good.c_str(), O_RDONLY);
  close(before);  // the lowest free number
  for (int i = 0; i < 20; ++i) {
    read_mono(good);
    expect_refused(bad, "not audio");
  }
  const int after = open(good.c_str(), O_RDONLY);
  close(after);
  EXPECT_EQ(before, after);
}

// A descriptor closed twice would close the one that another thread has just opened.
TEST(RefusedAudio, RefusingDoesNotDisturbOtherThreads) {
  const auto good =
      test::write_sound("good.wav", test::noise(20'000, 1), 16000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
  const auto bad = test::write_bytes("bad.wav", "these are words, not sound, and there are enough of them");
  std::thread refusing([&] {
    for (int i = 0; i < 300; ++i) expect_refused(bad, "Format not recognised");
  });
  for (int i = 0; i < 300; ++i) EXPECT_EQ(read_mono(good).samples.size(), 20'000U);
  refusing.join();
}

TEST(RefusedAudio, AFileWithoutPermissionIsNamed) {
  const auto path =
      test::write_sound("secret.wav", test::noise(100, 1), 16000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
  std::filesystem::permissions(path, std::filesystem::perms::none);
  if (access(path.c_str(), R_OK) == 0) GTEST_SKIP() << "this user may read everything";
  expect_refused(path, "Permission denied");
}

TEST(RefusedAudio, BadSamplesOfAChannelThatIsNotUsedDoNotMatter) {
  const std::vector<float> stereo = {0.5F, std::nanf(""), 0.25F, 0.0F};
  const auto path = test::write_sound("right.wav", stereo, 16000, 2, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
  expect_refused(path, "nan at 0.0000 s");
  EXPECT_EQ(read_mono(path, {}, MonoPolicy::first).samples, (std::vector<float>{0.5F, 0.25F}));
}

TEST(RefusedAudio, AbsurdRatesAndSizesAreRefused) {
  auto bytes = test::read_bytes(
      test::write_sound("rate.wav", test::noise(1000, 1), 16000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16));
  auto slow = bytes;
  slow.replace(24, 4, std::string("\x01\0\0\0", 4));
  expect_refused(test::write_bytes("slow.wav", slow), "expected a sample rate of 1000 to 768000 Hz, got 1");
  auto flac = test::read_bytes(
      test::write_sound("rate.flac", test::noise(1000, 1), 16000, 1, SF_FORMAT_FLAC | SF_FORMAT_PCM_16));
  flac.replace(22, 4, "\x7f\xff\xff\xff");  // STREAMINFO's number of samples
  expect_refused(test::write_bytes("vast.flac", flac), "cannot hold");
}

std::string compressed(const std::string& name, int format, std::uint64_t seed) {
  return test::read_bytes(test::write_sound(name, test::noise(96'000, seed), 48000, 1, format));
}

TEST(RefusedAudio, CutStreamsAreRefusedWhereTheyTellTheirLength) {
  for (const int format : {SF_FORMAT_OGG | SF_FORMAT_VORBIS, SF_FORMAT_OGG | SF_FORMAT_OPUS,
                           SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III}) {
    const auto bytes = compressed("whole", format, 1);
    for (const double part : {0.6, 0.8, 0.95})
      expect_refused(
          test::write_bytes(
              "part", bytes.substr(0, static_cast<std::size_t>(static_cast<double>(bytes.size()) * part))),
          "truncated or damaged");
  }
}

TEST(RefusedAudio, JoinedStreamsAreRefusedAsOnlyTheFirstWouldBeRead) {
  for (const int format : {SF_FORMAT_OGG | SF_FORMAT_VORBIS, SF_FORMAT_OGG | SF_FORMAT_OPUS}) {
    const auto joined = compressed("first", format, 1) + compressed("second", format, 2);
    expect_refused(test::write_bytes("joined", joined), "got several");
  }
  const int mp3 = SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III;
  expect_refused(test::write_bytes("joined.mp3", compressed("1.mp3", mp3, 1) + compressed("2.mp3", mp3, 2)),
                 "got more after it");
}

// Tags before and after the sound, as in real files, must not be taken for damage.
TEST(RefusedAudio, TagsAndRestsAroundAStreamAreHarmless) {
  const auto mp3 = compressed("plain.mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 3);
  const auto samples = read_mono(test::write_bytes("plain.mp3", mp3)).samples;
  EXPECT_EQ(samples.size(), 96'000U);
  const std::string front = std::string("ID3\x03\0\0\0\0\x07\x76", 10) + std::string(1014, '\0');
  const std::string back = "TAG" + std::string(125, ' ');
  EXPECT_EQ(read_mono(test::write_bytes("tagged.mp3", front + mp3 + back)).samples, samples);
  const auto ogg = compressed("plain.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 4);
  EXPECT_EQ(read_mono(test::write_bytes("rest.ogg", ogg + std::string(5000, '\x11'))).samples.size(),
            96'000U);
}

// Speech services stream mp3 without a length tag, at a constant or variable bit rate.
TEST(RefusedAudio, AnMp3NeedsNoLengthTag) {
  for (const std::size_t length : {500U, 44'100U, 200'003U}) {
    auto samples = test::noise(length, 5);
    for (std::size_t i = 0; i < length; ++i)  // quiet and loud parts need different bit rates
      samples[i] *= i % 40'000 < 20'000 ? 0.001F : 1.0F;
    const int format = SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III;
    for (const auto& tagged : {test::write_sound("vbr.mp3", samples, 44100, 1, format),
                               test::write_constant_rate_mp3("cbr.mp3", samples, 44100)}) {
      const auto bytes = test::read_bytes(tagged);
      ASSERT_LT(std::min(bytes.find("Xing"), bytes.find("Info")), 40U);
      const auto second = bytes.find(bytes.substr(0, 2), 40);
      ASSERT_NE(second, std::string::npos);
      const auto untagged = read_mono(test::write_bytes("untagged.mp3", bytes.substr(second))).samples;
      const auto whole = read_mono(tagged).samples;
      // The tag also tells which samples are not part of the sound: the encoder's and decoder's delays, and
      // the padding of the last frame.
      constexpr std::size_t kDelay = 576 + 529;
      ASSERT_GE(untagged.size(), length + kDelay);
      EXPECT_LE(untagged.size(), length + kDelay + 3 * 1152);
      for (std::size_t i = 0; i < length; ++i) ASSERT_NEAR(whole[i], untagged[i + kDelay], 1e-6) << i;
    }
  }
}

TEST(RefusedAudio, AFlacOfOpenLengthIsCounted) {
  auto bytes = test::read_bytes(
      test::write_sound("open.flac", test::noise(30'000, 6), 16000, 1, SF_FORMAT_FLAC | SF_FORMAT_PCM_16));
  bytes[21] = static_cast<char>(bytes[21] & 0xF0);
  bytes.replace(22, 4, std::string(4, '\0'));
  const auto path = test::write_bytes("streamed.flac", bytes);
  EXPECT_EQ(AudioReader(path).frames(), 30'000);
  EXPECT_EQ(read_mono(path, {1.0, 1.5}).samples.size(), 8'000U);
}

TEST(RefusedAudio, TextInAWavsTagsIsNotItsLength) {
  auto bytes = test::read_bytes(
      test::write_sound("tag.wav", test::noise(1000, 7), 16000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16));
  const std::string list("LIST\x1e\0\0\0INFOIART\x12\0\0\0data : 9 (should b", 38);
  bytes.insert(12, list);
  EXPECT_EQ(read_mono(test::write_bytes("tagged.wav", bytes)).samples.size(), 1000U);
}

}  // namespace
}  // namespace qamro::audio
