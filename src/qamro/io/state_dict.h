#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace qamro::io {

// Tensors by their full name, e.g. "cnn.cnn.0.weight".
using StateDict = std::map<std::string, at::Tensor>;

// What a module expects in a file: the shape of each tensor by name.
using TensorShapes = std::map<std::string, std::vector<std::int64_t>>;

// The tensor of this name and shape. Throws CheckpointError: "model.safetensors: tensor 'x.weight': expected
// [64, 2, 3, 3], got [64, 1, 3, 3]". `file` is the file's name in the message.
at::Tensor expect_tensor(const StateDict& state, const std::string& name, at::IntArrayRef shape,
                         std::string_view file);

// The shape of the tensor of this name, which must have `dimensions` dimensions, none of them empty. Throws
// CheckpointError that names `file` and the tensor.
at::IntArrayRef shape_of(const StateDict& state, const std::string& name, std::size_t dimensions,
                         std::string_view file);

// Throws CheckpointError that names every tensor that is missing, unexpected or of another shape (the first
// eight of each kind, and how many more there are).
void expect_tensors(const StateDict& state, const TensorShapes& expected, std::string_view file);

// The tensors whose names begin with `prefix`, named without it: the part of a state dict that belongs to one
// submodule, or (prefix "module.") everything inside a parallel wrapper.
StateDict take_prefix(const StateDict& state, std::string_view prefix);

}  // namespace qamro::io
