#include "qamro/io/pickle_machine.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <utility>

#include "qamro/core/error.h"

namespace qamro::io {
namespace {

constexpr std::array<std::pair<std::uint8_t, const char*>, 29> kRefused = {{
    {'0', "POP"},
    {'1', "POP_MARK"},
    {'2', "DUP"},
    {'F', "FLOAT"},
    {'I', "INT"},
    {'L', "LONG"},
    {'P', "PERSID"},
    {'S', "STRING"},
    {'T', "BINSTRING"},
    {'U', "SHORT_BINSTRING"},
    {'V', "UNICODE"},
    {'d', "DICT"},
    {'g', "GET"},
    {'i', "INST"},
    {'l', "LIST"},
    {'o', "OBJ"},
    {'p', "PUT"},
    {0x81, "NEWOBJ"},
    {0x82, "EXT1"},
    {0x83, "EXT2"},
    {0x84, "EXT4"},
    {0x8b, "LONG4"},
    {0x8f, "EMPTY_SET"},
    {0x90, "ADDITEMS"},
    {0x91, "FROZENSET"},
    {0x92, "NEWOBJ_EX"},
    {0x96, "BYTEARRAY8"},
    {0x97, "NEXT_BUFFER"},
    {0x98, "READONLY_BUFFER"},
}};

}  // namespace

std::string refused_opcode_name(std::uint8_t code) {
  for (const auto& [refused, name] : kRefused)
    if (refused == code) return name;
  return fmt::format("{:#04x}", code);
}

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
