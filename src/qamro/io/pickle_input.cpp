#include "qamro/io/pickle_input.h"

#include <fmt/format.h>

#include <bit>

#include "qamro/core/error.h"

namespace qamro::io {

std::string_view PickleInput::take(std::uint64_t count) {
  if (count > pickle_.size() - position_)
    throw CheckpointError(fmt::format("the pickle is cut short: expected {} bytes more, got {}", count,
                                      pickle_.size() - position_));
  const char* begin = reinterpret_cast<const char*>(pickle_.data()) + position_;
  position_ += static_cast<std::size_t>(count);
  return {begin, static_cast<std::size_t>(count)};
}

std::uint64_t PickleInput::number(unsigned bytes) {
  std::uint64_t value = 0;
  const std::string_view text = take(bytes);
  for (unsigned i = 0; i < bytes; ++i) value |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
  return value;
}

std::string_view PickleInput::line() {
  const char* begin = reinterpret_cast<const char*>(pickle_.data()) + position_;
  const auto end = std::string_view(begin, pickle_.size() - position_).find('\n');
  if (end == std::string_view::npos) throw CheckpointError("the pickle is cut short: expected a line end");
  return take(end + 1).substr(0, end);
}

std::int64_t PickleInput::long_integer() {
  const auto bytes = static_cast<unsigned>(number(1));
  if (bytes > 8) throw CheckpointError(fmt::format("expected an integer of at most 8 bytes, got {}", bytes));
  if (bytes == 0) return 0;
  const unsigned unused = 64 - 8 * bytes;
  return static_cast<std::int64_t>(number(bytes) << unused) >> unused;
}

double PickleInput::big_endian_double() {
  std::uint64_t bits = 0;
  for (const char byte : take(8)) bits = bits << 8 | static_cast<unsigned char>(byte);
  return std::bit_cast<double>(bits);
}

}  // namespace qamro::io
