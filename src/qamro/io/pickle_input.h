#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace qamro::io {

// The bytes of a pickle, read from front to back. Throws CheckpointError where they are cut short.
class PickleInput {
 public:
  explicit PickleInput(std::span<const std::byte> pickle) : pickle_(pickle) {}

  std::size_t position() const { return position_; }

  std::string_view take(std::uint64_t count);
  // Little-endian, unsigned; `bytes`: up to 8.
  std::uint64_t number(unsigned bytes);
  // Up to a line end, which it skips.
  std::string_view line();
  // LONG1: a count, then that many bytes of two's complement, little-endian. Throws CheckpointError above 8.
  std::int64_t long_integer();
  double big_endian_double();

 private:
  std::span<const std::byte> pickle_;
  std::size_t position_ = 0;
};

}  // namespace qamro::io
