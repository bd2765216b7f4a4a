#pragma once

#include <filesystem>
#include <string>

#include "qamro/io/pickle_value.h"
#include "qamro/io/state_dict.h"

namespace qamro::io {

// Reads a file of torch.save (zip format, PyTorch 1.6 or later) without Python. Its pickle runs in a machine
// that can build only None, bool, int, float, str, bytes, list, tuple, dict, OrderedDict, torch.Size, tensors
// and parameters; anything else that the file asks for is refused by name: "model.pt: refused global
// 'os.system' at byte 12 (only tensors and plain containers are read)".
//
// Tensors lie in a private memory mapping of the file, as with load_safetensors(); tensors that share a
// storage in the file share it here. Types: float64/32/16, bfloat16, int64/32/16/8, uint8, bool. All tensors
// are on the CPU, whatever device they were saved from. Checksums are not verified (PyTorch does not verify
// them, either): verify a file's SHA-256 before trusting its numbers.
//
// Throws FileError if the file cannot be opened. Throws CheckpointError, which names the file, for: older
// formats and TorchScript archives (with advice), a damaged zip or pickle, a pickle of more than 64 MiB, a
// record that is missing or cut short, compressed or big-endian data, a tensor that reaches beyond its
// storage, nesting deeper than 100, shared values that would grow beyond 4 million items.
PickleValue load_torch_checkpoint(const std::filesystem::path& path);

// The tensors of a model. If `key` is given, those under that key of the top-level dict; else those under
// whichever of the keys "state_dict", "model" and "model_state_dict" holds a dict; else those of the top
// level itself. Throws as above, and CheckpointError that lists the top-level keys if `key` is missing,
// several of those three keys hold a dict, or there is no tensor.
StateDict load_state_dict(const std::filesystem::path& path, const std::string& key = "");

// The same of a checkpoint that was read already; `file` is its name in messages. The tensors share its
// memory.
StateDict state_dict_of(const PickleValue& checkpoint, const std::string& file, const std::string& key = "");

}  // namespace qamro::io
