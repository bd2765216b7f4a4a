#include "qamro/audio/decoder.h"

#include <gtest/gtest.h>
#include <sndfile.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "audio/sound_file.h"
#include "qamro/core/error.h"

namespace qamro::audio {
namespace {

struct Format {
  const char* extension;
  int format;
  int rate_hz;
  float tolerance;       // of a decoded sample
  std::int64_t padding;  // samples that a lossy encoder may add
};

std::vector<float> sine(std::int64_t samples, int rate_hz) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < samples; ++i)
    values.push_back(
        0.5F * static_cast<float>(std::sin(2 * std::numbers::pi * 440 * static_cast<double>(i) / rate_hz)));
  return values;
}

class EveryFormat : public testing::TestWithParam<Format> {};

TEST_P(EveryFormat, DecodesWhatWasEncoded) {
  const auto& format = GetParam();
  const auto samples = sine(format.rate_hz, format.rate_hz);
  const auto path =
      test::write_sound(std::string("tone.") + format.extension, samples, format.rate_hz, 1, format.format);
  const auto decoded = read_mono(path);
  EXPECT_EQ(decoded.sample_rate_hz, format.rate_hz);
  const auto size = static_cast<std::int64_t>(decoded.samples.size());
  EXPECT_GE(size, format.rate_hz);
  EXPECT_LE(size, format.rate_hz + format.padding);
  EXPECT_EQ(AudioReader(path).frames(), size);
  double energy = 0;
  for (const float sample : decoded.samples) energy += sample * sample;
  EXPECT_NEAR(energy / format.rate_hz, 0.125, 0.01);  // a sine's power
  if (format.padding > 0) return;
  for (std::int64_t i = 0; i < size; ++i) ASSERT_NEAR(decoded.samples[i], samples[i], format.tolerance) << i;
}

INSTANTIATE_TEST_SUITE_P(
    Decoder, EveryFormat,
    testing::Values(Format{"u8.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_U8, 16000, 1.0F / 127, 0},
                    Format{"s16.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16, 16000, 1.0F / 32767, 0},
                    Format{"s24.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 44100, 1.0F / 8388607, 0},
                    Format{"s32.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_32, 48000, 1e-7F, 0},
                    Format{"float.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 22050, 0, 0},
                    Format{"double.wav", SF_FORMAT_WAV | SF_FORMAT_DOUBLE, 22050, 0, 0},
                    Format{"s16.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 8000, 1.0F / 32767, 0},
                    Format{"s24.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 24000, 1.0F / 8388607, 0},
                    Format{"vorbis.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 44100, 0, 1},
                    Format{"opus.ogg", SF_FORMAT_OGG | SF_FORMAT_OPUS, 48000, 0, 960},
                    Format{"layer3.mp3", SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 44100, 0, 2400}));

TEST(Decoder, MonoIsTheMeanOrTheFirstChannel) {
  const std::vector<float> stereo = {0.5F, -0.25F, 0.25F, 0.75F};
  const auto path = test::write_sound("stereo.wav", stereo, 16000, 2, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
  EXPECT_EQ(read_mono(path).samples, (std::vector<float>{0.125F, 0.5F}));
  EXPECT_EQ(read_mono(path, {}, MonoPolicy::first).samples, (std::vector<float>{0.5F, 0.25F}));
  EXPECT_EQ(AudioReader(path).channels(), 2);
}

TEST(Decoder, SegmentsAreCutAtTruncatedFrames) {
  const auto samples = test::noise(16000, 1);
  for (const int format : {SF_FORMAT_WAV | SF_FORMAT_FLOAT, SF_FORMAT_FLAC | SF_FORMAT_PCM_16}) {
    const auto path = test::write_sound("cut", samples, 16000, 1, format);
    const auto whole = read_mono(path).samples;
    const auto part = read_mono(path, {0.1234, 0.56789}).samples;
    ASSERT_EQ(part.size(), 7111U);  // trunc((0.56789 - 0.1234) · 16000)
    EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 1974));
    EXPECT_EQ(read_mono(path, {0.5, {}}).samples.size(), 8000U);
    EXPECT_EQ(read_mono(path, {{}, 0.25}).samples.size(), 4000U);
  }
}

TEST(Decoder, SegmentOfACompressedStreamIsPartOfTheWhole) {
  const auto path = test::write_sound("cut.mp3", test::noise(88200, 2), 44100, 1,
                                      SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III);
  const auto whole = read_mono(path).samples;
  const auto part = read_mono(path, {0.75, 1.5}).samples;
  ASSERT_EQ(part.size(), 33075U);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 33075));
}

TEST(Decoder, ReadsInAnyBlockSize) {
  const auto samples = test::noise(50000, 3);
  const auto path = test::write_sound("blocks.wav", samples, 16000, 1, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
  for (const std::size_t size : {1000UL, 16384UL, 40001UL}) {
    AudioReader reader(path);
    std::vector<float> block(size);
    std::vector<float> all;
    while (const auto got = reader.read(block))
      all.insert(all.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(got));
    EXPECT_EQ(all, samples);
  }
}

void expect_refused(const std::string& path, const std::string& part, const Segment& segment = {}) {
  try {
    read_mono(path, segment);
    FAIL() << "expected DecodeError with '" << part << "'";
  } catch (const DecodeError& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
  }
}

TEST(Decoder, SegmentsOutsideTheFileAreRefused) {
  const auto path =
      test::write_sound("second.wav", test::noise(16000, 4), 16000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
  expect_refused(path, "past the file's end", {0.0, 1.5});
  expect_refused(path, "expected 0 <= start < end", {0.5, 0.5});
  expect_refused(path, "expected 0 <= start < end", {0.5, 0.2});
  expect_refused(path, "expected 0 <= start < end", {-0.5, 0.2});
  expect_refused(path, "expected 0 <= start < end", {std::nan(""), 0.2});
  expect_refused(path, "expected 0 <= start < end", {2.0, {}});
  EXPECT_EQ(read_mono(path, {0.0, 1.0004}).samples.size(), 16000U);  // a rounded end time
}

TEST(Decoder, WhatIsNoAudioIsNamed) {
  expect_refused("/nowhere/a.wav", "No such file");
  expect_refused(testing::TempDir(), "folder");
  expect_refused(test::write_bytes("empty.wav", ""), "empty file");
  expect_refused(test::write_bytes("text.wav", "these are words, not sound, and there are enough of them"),
                 "not audio");
  expect_refused(test::write_sound("none.wav", {}, 16000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16),
                 "without any");
  expect_refused("/dev/zero", "regular file");
}

TEST(Decoder, SamplesThatAreNoNumbersAreNamedByTime) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto samples = test::noise(16000, 5);
    samples[8000] = bad;
    expect_refused(test::write_sound("nan.wav", samples, 16000, 1, SF_FORMAT_WAV | SF_FORMAT_FLOAT),
                   "at 0.5000 s");
  }
}

TEST(Decoder, CutFilesAreRefused) {
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

TEST(Decoder, AStreamedWavWithAnOpenSizeIsRead) {
  auto bytes = test::read_bytes(
      test::write_sound("pipe.wav", test::noise(16000, 7), 16000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16));
  const auto data = bytes.find("data");
  ASSERT_NE(data, std::string::npos);
  for (std::size_t i = 0; i < 4; ++i)
    bytes[data + 4 + i] = bytes[4 + i] = '\xff';  // as ffmpeg writes to a pipe
  EXPECT_EQ(read_mono(test::write_bytes("open.wav", bytes)).samples.size(), 16000U);
}

}  // namespace
}  // namespace qamro::audio
