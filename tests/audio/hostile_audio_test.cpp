#include <gtest/gtest.h>
#include <sndfile.h>

#include "audio/sound_file.h"
#include "qamro/audio/decoder.h"
#include "qamro/core/error.h"
#include "qamro/core/random.h"

#ifdef __SANITIZE_ADDRESS__
// libsndfile 1.2.0 leaks its vorbis headers when it refuses a damaged stream.
extern "C" const char* __lsan_default_suppressions() {
  return "leak:vorbis_info_init\n";
}
#endif

namespace qamro::audio {
namespace {

// Any bytes must give samples or a DecodeError, and never more samples than the reader has announced.
void expect_samples_or_error(const std::string& bytes) {
  const auto path = test::write_bytes("hostile", bytes);
  try {
    AudioReader reader(path);
    std::vector<float> block(4096);
    std::int64_t total = 0;
    while (const auto got = reader.read(block)) {
      total += static_cast<std::int64_t>(got);
      ASSERT_LE(total, reader.frames());
    }
    EXPECT_EQ(total, reader.frames());
  } catch (const DecodeError& error) {
    EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
  }
}

class HostileAudio : public ::testing::TestWithParam<int> {};

TEST_P(HostileAudio, MutatedAndCutFilesGiveSamplesOrAnError) {
  const auto bytes =
      test::read_bytes(test::write_sound("source", test::noise(4000, 1), 16000, 1, GetParam()));
  Random random(static_cast<std::uint64_t>(GetParam()));
  for (int round = 0; round < 150; ++round) {
    std::string mutated = bytes;
    const auto changes = 1 + random.below(4);
    for (std::uint64_t i = 0; i < changes; ++i) {
      // Half of the changes go to the header, where the claims are.
      const auto at =
          random.below(round % 2 == 0 ? std::min<std::size_t>(64, mutated.size()) : mutated.size());
      mutated[at] = static_cast<char>(random.below(256));
    }
    if (round % 3 == 0) mutated.resize(random.below(mutated.size()));
    expect_samples_or_error(mutated);
  }
}

TEST_P(HostileAudio, FilesCutAnywhereGiveSamplesOrAnError) {
  const auto bytes =
      test::read_bytes(test::write_sound("source", test::noise(4000, 2), 16000, 1, GetParam()));
  for (std::size_t size = 0; size < bytes.size(); size += size < 200 ? 1 : 97)
    expect_samples_or_error(bytes.substr(0, size));
}

INSTANTIATE_TEST_SUITE_P(Decoder, HostileAudio,
                         ::testing::Values(SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_WAV | SF_FORMAT_FLOAT,
                                           SF_FORMAT_AIFF | SF_FORMAT_PCM_24,
                                           SF_FORMAT_FLAC | SF_FORMAT_PCM_16,
                                           SF_FORMAT_OGG | SF_FORMAT_VORBIS, SF_FORMAT_OGG | SF_FORMAT_OPUS,
                                           SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III,
                                           SF_FORMAT_AU | SF_FORMAT_PCM_16,
                                           SF_FORMAT_RF64 | SF_FORMAT_PCM_16));

}  // namespace
}  // namespace qamro::audio
