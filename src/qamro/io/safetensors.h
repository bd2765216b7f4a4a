#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "qamro/io/state_dict.h"

namespace qamro::io {

using Metadata = std::map<std::string, std::string>;

// Reads a safetensors file (https://github.com/huggingface/safetensors, "Format"). The tensors lie in a
// private memory mapping of the file, which they keep alive: nothing is copied (except a tensor that is not
// aligned for its type), and writing to a tensor never alters the file. As with every mapping, the file must
// not be cut short while the tensors live; AtomicFile, which replaces whole files, is safe.
//
// Types: F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL. Throws FileError if the file cannot be opened. Throws
// CheckpointError that names file and tensor for everything that the format forbids: a header longer than
// the file or than 100 MB, invalid JSON, a repeated name, another type, shape and length that disagree,
// offsets outside the file, tensors that overlap or leave a gap, a file cut short (with the expected and the
// actual size).
StateDict load_safetensors(const std::filesystem::path& path);

// The strings under "__metadata__"; empty if there are none. Throws like load_safetensors().
Metadata read_safetensors_metadata(const std::filesystem::path& path);

// Writes through AtomicFile. The same tensors and metadata give the same bytes: like the reference, it orders
// tensors by element size, largest first (so that each is aligned), then by name. Tensors that are on another
// device or not contiguous are copied first. Throws InvalidInput for a type outside the list above, an
// undefined tensor, and a name that is not UTF-8 or is "__metadata__"; throws FileError.
void save_safetensors(const std::filesystem::path& path, const StateDict& tensors,
                      const Metadata& metadata = {});

}  // namespace qamro::io
