#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "qamro/io/pickle_value.h"
#include "qamro/io/tensor_rebuilder.h"

namespace qamro::io {

// Runs the pickle of a tensor file (protocols 2 to 5, the opcodes that torch.save and plain containers need).
// It can name and call only the rebuilder's functions. Throws CheckpointError that begins with `file` and
// ends with the place: "model.pt: refused global 'os.system' at byte 12 (only tensors and plain containers
// are read)".
PickleValue run_pickle(std::span<const std::byte> pickle, const std::string& file,
                       TensorRebuilder& rebuilder);

}  // namespace qamro::io
