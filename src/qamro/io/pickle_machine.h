#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "qamro/io/pickle_value.h"
#include "qamro/io/tensor_rebuilder.h"

namespace qamro::io {

// The opcodes that are run (Lib/pickletools.py).
enum class PickleOpcode : std::uint8_t {
  kMark = '(',
  kStop = '.',
  kBinFloat = 'G',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersistentId = 'Q',
  kReduce = 'R',
  kBinUnicode = 'X',
  kBinBytes = 'B',
  kShortBinBytes = 'C',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kSetItems = 'u',
  kEmptyTuple = ')',
  kEmptyList = ']',
  kEmptyDict = '}',
  kProtocol = 0x80,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kTrue = 0x88,
  kFalse = 0x89,
  kLong1 = 0x8a,
  kShortBinUnicode = 0x8c,
  kBinUnicode8 = 0x8d,
  kBinBytes8 = 0x8e,
  kStackGlobal = 0x93,
  kMemoize = 0x94,
  kFrame = 0x95,
};

// Python's name for an opcode that is not run ("NEWOBJ", "INST", ...), or its number.
std::string refused_opcode_name(std::uint8_t code);

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

// Runs the pickle of a tensor file (protocols 2 to 5, the opcodes that torch.save and plain containers need).
// It can name and call only the rebuilder's functions. Throws CheckpointError that begins with `file` and
// ends with the place: "model.pt: refused global 'os.system' at byte 12 (only tensors and plain containers
// are read)".
PickleValue run_pickle(std::span<const std::byte> pickle, const std::string& file,
                       TensorRebuilder& rebuilder);

}  // namespace qamro::io
