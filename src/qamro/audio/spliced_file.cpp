#include "qamro/audio/spliced_file.h"

#include <algorithm>
#include <cstdio>
#include <span>

#include "qamro/audio/container.h"

namespace qamro::audio {

SplicedFile::SplicedFile(int file, std::vector<unsigned char> front, std::int64_t begin, std::int64_t end)
    : file_(file), front_(std::move(front)), begin_(begin), end_(end) {}

std::int64_t SplicedFile::seek(std::int64_t offset, int whence) {
  const std::int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? position_ : length();
  if (offset < -base || offset > length() - base) return -1;
  return position_ = base + offset;
}

std::int64_t SplicedFile::read(void* bytes, std::int64_t count) {
  auto* out = static_cast<unsigned char*>(bytes);
  const auto front_size = static_cast<std::int64_t>(front_.size());
  const auto from_front = std::clamp<std::int64_t>(front_size - position_, 0, count);
  std::copy_n(front_.begin() + static_cast<std::ptrdiff_t>(std::min(position_, front_size)), from_front, out);
  position_ += from_front;
  const std::int64_t left = std::min(count - from_front, length() - position_);
  if (left <= 0) return from_front;
  const auto got = static_cast<std::int64_t>(read_at(
      file_, begin_ + position_ - front_size, std::span(out + from_front, static_cast<std::size_t>(left))));
  position_ += got;
  return from_front + got;
}

SNDFILE* SplicedFile::open(SF_INFO& info) {
  static const auto from = [](void* self) { return static_cast<SplicedFile*>(self); };
  SF_VIRTUAL_IO io{[](void* self) { return static_cast<sf_count_t>(from(self)->length()); },
                   [](sf_count_t offset, int whence, void* self) {
                     return static_cast<sf_count_t>(from(self)->seek(offset, whence));
                   },
                   [](void* bytes, sf_count_t count, void* self) {
                     return static_cast<sf_count_t>(from(self)->read(bytes, count));
                   },
                   nullptr, [](void* self) { return static_cast<sf_count_t>(from(self)->position_); }};
  position_ = 0;
  return sf_open_virtual(&io, SFM_READ, &info, this);
}

}  // namespace qamro::audio
