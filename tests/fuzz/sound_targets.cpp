// The reader of audio files.
#include <cmath>
#include <vector>

#include "fuzz/fuzz_target.h"
#include "qamro/audio/decoder.h"

namespace qamro::testing {

// Reads at most ten million samples: a few kilobytes of flac can hold hours of silence.
void fuzz_decoder(const FuzzInput& input) {
  constexpr std::int64_t kMaxSamples = 10'000'000;
  audio::AudioReader reader(input.file("sound"));
  require(reader.frames() > 0 && reader.channels() > 0 && reader.sample_rate_hz() > 0, "there is sound");
  std::vector<float> block(1 << 16);
  std::int64_t frames = 0;
  for (std::size_t got = block.size(); got == block.size() && frames * reader.channels() < kMaxSamples;) {
    got = reader.read(block);
    require(got <= block.size(), "a read stays in its buffer");
    for (std::size_t i = 0; i < got; ++i) require(std::isfinite(block[i]), "samples are finite");
    frames += static_cast<std::int64_t>(got);
    require(got == block.size() || frames == reader.frames(), "it ends where it says");
  }
}

}  // namespace qamro::testing
