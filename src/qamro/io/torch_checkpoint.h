#pragma once

#include <filesystem>
#include <string>

#include "qamro/io/pickle_value.h"
#include "qamro/io/state_dict.h"

namespace qamro::io {

// Reads a file of torch.save (zip format, PyTorch 1.6 or later) without Python. Its pickle runs in a machine
// that can build None, bool, int, float, str, bytes, list, tuple, dict, OrderedDict, torch.Size, tensors and
// parameters, and nothing else; whatever else the file asks for is refused by name: "model.pt: refused global
// 'os.system' at byte 12 (only tensors and plain containers are read)".
//
// Tensors lie in a private memory mapping of the file, as with load_safetensors(); tensors that share a
// storage in the file share it here. Types: float64/32/16, bfloat16, int64/32/16/8, uint8, bool, all on the
// CPU wherever they were. Checksums are not verified (PyTorch does not, either): verify a file's SHA-256
// before trusting its numbers.
//
// Throws FileError where the file cannot be opened; CheckpointError, which names the file, for: older formats
// and TorchScript archives (with advice), a damaged zip or pickle, a record that is missing or cut short,
// compressed or big-endian data, a tensor that reaches beyond its storage, nesting deeper than 100, shared
// values that would grow beyond 4 million items.
PickleValue load_torch_checkpoint(const std::filesystem::path& path);

// The tensors of a model: those under `key` of the top-level dict, if one is given; else those under its only
// one of the keys "state_dict", "model", "model_state_dict" that holds a dict; else those of the top level
// itself. Throws as above, and CheckpointError that lists the top-level keys if that is ambiguous, missing or
// holds no tensor.
StateDict load_state_dict(const std::filesystem::path& path, const std::string& key = "");

}  // namespace qamro::io
