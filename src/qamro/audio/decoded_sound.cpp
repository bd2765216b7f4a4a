#include "qamro/audio/decoded_sound.h"

#include <fmt/format.h>

#include <algorithm>

#include "qamro/core/error.h"

namespace qamro::audio {
namespace {

constexpr std::int64_t kDecodedFrames = 16'384;
// Streams that must be decoded to learn their length are kept up to this many samples (16 MB), so that most
// are decoded only once.
constexpr std::size_t kMaxKeptSamples = std::size_t{1} << 22;

}  // namespace

void DecodedSound::seek(std::int64_t frame) {
  if (is_kept() || jump(frame)) {
    position_ = frame;
    return;
  }
  if (frame < position_) {
    rewind();
    position_ = 0;
  }
  std::vector<float> block(static_cast<std::size_t>(kDecodedFrames * channels()));
  while (position_ < frame) {
    const auto wanted = std::min(kDecodedFrames, frame - position_);
    if (read(std::span(block).first(static_cast<std::size_t>(wanted * channels()))) == 0)
      throw DecodeError(
          fmt::format("{}: damaged: cannot decode beyond frame {} of {}", path_, position_, frames_));
  }
}

std::int64_t DecodedSound::read(std::span<float> interleaved) {
  std::int64_t got = 0;
  if (is_kept()) {
    const auto width = static_cast<std::int64_t>(channels());
    got = std::min(static_cast<std::int64_t>(interleaved.size()) / width, frames_ - position_);
    std::copy_n(kept_.begin() + static_cast<std::ptrdiff_t>(position_ * width), got * width,
                interleaved.begin());
  } else {
    got = decode(interleaved);
  }
  position_ += got;
  return got;
}

void DecodedSound::count_frames(const std::function<void(std::int64_t)>& check) {
  std::vector<float> block(static_cast<std::size_t>(kDecodedFrames * channels()));
  std::vector<float> kept;
  std::int64_t total = 0;
  bool keep = true;
  while (const auto got = decode(block)) {
    total += got;
    const auto size = static_cast<std::ptrdiff_t>(got * channels());
    keep = keep && kept.size() + static_cast<std::size_t>(size) <= kMaxKeptSamples;
    if (keep) kept.insert(kept.end(), block.begin(), block.begin() + size);
  }
  check(total);
  frames_ = total;
  if (keep) kept_ = std::move(kept);
  if (!keep) rewind();
}

}  // namespace qamro::audio
