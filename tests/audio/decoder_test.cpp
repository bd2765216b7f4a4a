#include "qamro/audio/decoder.h"

#include <gtest/gtest.h>
#include <sndfile.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "audio/expect_refused.h"
#include "audio/sound_file.h"
#include "qamro/core/sha256.h"

namespace qamro::audio {
namespace {

using test::expect_refused;

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

TEST(SoundProperties, TheLevelIsTheRootMeanSquareOfWhatWasRead) {
  std::vector<float> square(20001, 0.25F);
  for (std::size_t i = 0; i < square.size(); i += 2) square[i] = -0.25F;
  const auto path = test::write_sound("square.wav", square, 8000, 1, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
  AudioReader reader(path);
  EXPECT_EQ(reader.properties().level_db, -std::numeric_limits<double>::infinity()) << "nothing was read";
  std::vector<float> block(7001);
  while (reader.read(block) > 0) EXPECT_NEAR(reader.properties().level_db, 20 * std::log10(0.25), 1e-9);
  EXPECT_EQ(reader.properties().sample_rate_hz, 8000);
  EXPECT_EQ(reader.properties().channels, 1);
}

TEST(SoundProperties, TheLevelIsOfTheSegmentAfterMixing) {
  std::vector<float>
      frames;  // half a second of silence, then half a second of opposite and of equal channels
  for (int i = 0; i < 2000; ++i)
    frames.insert(frames.end(), {i < 1000 ? 0.0F : 0.5F, i < 1500 ? -0.5F : 0.5F});
  for (int i = 0; i < 1000; ++i) frames[2 * static_cast<std::size_t>(i) + 1] = 0;
  const auto path = test::write_sound("halves.wav", frames, 2000, 2, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
  const auto level = [&](std::optional<double> start, std::optional<double> end) {
    AudioReader reader(path, {start, end});
    std::vector<float> block(4096);
    while (reader.read(block) > 0) continue;
    EXPECT_EQ(reader.properties().channels, 2);
    return reader.properties().level_db;
  };
  EXPECT_EQ(level(0, 0.5), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(level(0.5, 0.75), -std::numeric_limits<double>::infinity()) << "opposite channels cancel";
  EXPECT_NEAR(level(0.75, 1), 20 * std::log10(0.5), 1e-9);
  EXPECT_NEAR(level({}, {}), 20 * std::log10(0.25), 1e-9) << "a quarter of the power";
}

class EveryFormat : public ::testing::TestWithParam<Format> {};

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
    ::testing::Values(Format{"u8.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_U8, 16000, 1.0F / 127, 0},
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

TEST(Decoder, MeanIsSummedFromTheFirstChannelOn) {
  const auto samples = test::noise(6000, 8);
  const auto path = test::write_sound("six.wav", samples, 16000, 6, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
  const auto mean = read_mono(path).samples;
  ASSERT_EQ(mean.size(), 1000U);
  for (std::size_t i = 0; i < mean.size(); ++i) {
    float sum = samples[i * 6];
    for (std::size_t channel = 1; channel < 6; ++channel) sum += samples[i * 6 + channel];
    ASSERT_EQ(mean[i], sum / 6) << i;
  }
}

TEST(Decoder, AShortFileIsReadAndJudgedElsewhere) {
  const auto path = test::write_sound("one.wav", {0.5F}, 16000, 1, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
  EXPECT_EQ(read_mono(path).samples, (std::vector<float>{0.5F}));
}

// Longer than what is kept of a compressed stream, so that it is decoded twice and skipped through.
TEST(Decoder, ALongCompressedStreamIsReadTheSameWay) {
  const auto samples = test::noise(4'300'000, 9, 0.1F);
  const auto path =
      test::write_sound("long.mp3", samples, 48000, 1, SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III);
  const auto whole = read_mono(path).samples;
  EXPECT_EQ(whole.size(), samples.size());
  const auto part = read_mono(path, {80.0, 81.0}).samples;
  ASSERT_EQ(part.size(), 48000U);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 80 * 48000));
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

TEST(Decoder, SegmentsOutsideTheFileAreRefused) {
  const auto path =
      test::write_sound("second.wav", test::noise(16000, 4), 16000, 1, SF_FORMAT_WAV | SF_FORMAT_PCM_16);
  expect_refused(path, "the end lies past the file's end", {0.0, 1.5});
  expect_refused(path, "an end after the start", {0.5, 0.5});
  expect_refused(path, "an end after the start", {0.5, 0.2});
  expect_refused(path, "a start of 0 or later", {-0.5, 0.2});
  expect_refused(path, "finite times", {std::nan(""), 0.2});
  expect_refused(path, "the start lies past the file's end", {2.0, {}});
  expect_refused(path, "finite times", {0.0, std::numeric_limits<double>::infinity()});
  expect_refused(path, "it contains no sample", {0.5, 0.50001});
  expect_refused(path, "the start lies past the file's end", {1e300, {}});
  EXPECT_EQ(read_mono(path, {0.0, 1.0004}).samples.size(), 16000U);  // a rounded end time
}

std::shared_ptr<const SoundInMemory> in_memory(std::vector<float> interleaved, int channels, int rate_hz) {
  return std::make_shared<SoundInMemory>(SoundInMemory{std::move(interleaved), channels, rate_hz});
}

TEST(SoundInMemory, ReadsAsItsFile) {
  const auto samples = test::noise(2 * 20'000, 5);
  const auto path = test::write_sound("kept.wav", samples, 22'050, 2, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
  for (const MonoPolicy policy : {MonoPolicy::mean, MonoPolicy::first})
    for (const Segment& segment : {Segment{}, Segment{0.2, 0.7}, Segment{0.85, std::nullopt}}) {
      AudioReader file(path, segment, policy);
      AudioReader memory(in_memory(samples, 2, 22'050), "kept", segment, policy);
      ASSERT_EQ(file.frames(), memory.frames());
      std::vector<float> from_file(static_cast<std::size_t>(file.frames()));
      std::vector<float> from_memory(from_file.size());
      EXPECT_EQ(file.read(from_file), memory.read(from_memory));
      EXPECT_EQ(from_file, from_memory);
      EXPECT_EQ(memory.read(from_memory), 0U);
    }
}

// The message of the DecodeError; "" if the sound is read.
std::string refusal(std::vector<float> samples, int channels, int rate_hz, const Segment& segment = {}) {
  std::vector<float> out(samples.size());
  try {
    AudioReader(in_memory(std::move(samples), channels, rate_hz), "array 3", segment).read(out);
  } catch (const DecodeError& error) {
    return error.what();
  }
  return "";
}

TEST(SoundInMemory, IsRefusedByNameWhenItIsNoSound) {
  EXPECT_EQ(refusal({}, 1, 16'000), "array 3: expected samples, got a sound without any");
  EXPECT_EQ(refusal({1, 2, 3}, 2, 16'000), "array 3: expected a multiple of 2 values (the channels), got 3");
  EXPECT_EQ(refusal({1}, 0, 16'000), "array 3: expected 1 to 256 channels, got 0");
  EXPECT_EQ(refusal({1}, 1, 0), "array 3: expected a sample rate of 1000 to 768000 Hz, got 0");
  EXPECT_NE(refusal({1, std::numeric_limits<float>::quiet_NaN()}, 1, 16'000).find("finite samples"),
            std::string::npos);
  EXPECT_NE(refusal({1, 2}, 1, 16'000, {1.0, 2.0}).find("the start lies past"), std::string::npos);
  EXPECT_EQ(refusal({1, 2}, 1, 16'000), "");
}

// The hash of a file's samples.
std::string hash_of(const std::string& path, const Segment& segment = {}) {
  AudioReader reader(path, segment);
  reader.hash_samples();
  return reader.samples_sha256();
}

// What every program can compute: the decoded samples as float32, all channels.
std::string hash_of_floats(const std::vector<float>& interleaved) {
  return sha256_hex({reinterpret_cast<const char*>(interleaved.data()), interleaved.size() * sizeof(float)});
}

TEST(SamplesHash, IsThatOfTheInterleavedFloats) {
  const auto stereo = test::noise(2 * 40'000, 5);
  const auto path = test::write_sound("hash.wav", stereo, 44'100, 2, SF_FORMAT_WAV | SF_FORMAT_FLOAT);
  EXPECT_EQ(hash_of(path), hash_of_floats(stereo));
  const auto memory = std::make_shared<SoundInMemory>(SoundInMemory{stereo, 2, 44'100});
  AudioReader reader(memory, "memory", {}, MonoPolicy::first);
  reader.hash_samples();
  std::vector<float> some(12'345);  // whoever reads first: a part, the rest, or all
  reader.read(some);
  EXPECT_EQ(reader.samples_sha256(), hash_of_floats(stereo));
}

TEST(SamplesHash, IsTheSameInEveryLosslessFormat) {
  const auto stereo = test::noise(2 * 30'000, 6);
  for (const auto& [bits, name] : {std::pair(SF_FORMAT_PCM_16, "s16"), std::pair(SF_FORMAT_PCM_24, "s24")}) {
    const auto write = [&, stem = std::string(name), depth = bits](int type, const char* ending) {
      return test::write_sound(stem + ending, stereo, 48'000, 2, type | depth);
    };
    const std::string wav = hash_of(write(SF_FORMAT_WAV, ".wav"));
    EXPECT_EQ(hash_of(write(SF_FORMAT_FLAC, ".flac")), wav) << name;
    EXPECT_EQ(hash_of(write(SF_FORMAT_AIFF, ".aiff")), wav) << name;
  }
}

TEST(SamplesHash, ChangesWithOneSampleOneChannelAndTheSegment) {
  auto samples = test::noise(2 * 30'000, 7);
  const int format = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  const auto path = test::write_sound("one.wav", samples, 16'000, 2, format);
  const std::string whole = hash_of(path);
  samples[59'999] = samples[59'999] > 0 ? -0.5F : 0.5F;  // of the second channel's last frame
  EXPECT_NE(hash_of(test::write_sound("other.wav", samples, 16'000, 2, format)), whole);
  EXPECT_NE(hash_of(path, {0.5, std::nullopt}), whole);
  EXPECT_NE(hash_of(path, {0.5, std::nullopt}), hash_of(path, {std::nullopt, 0.5}));
  EXPECT_EQ(hash_of(path, {0.0, 30'000 / 16'000.0}), whole);
}

}  // namespace
}  // namespace qamro::audio
