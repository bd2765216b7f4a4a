#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <map>
#include <optional>
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

// An element type of tensor files, with its names in a safetensors file and in a torch pickle.
struct ElementType {
  std::string_view safetensors_name;  // "F32"
  std::string_view torch_storage;     // "FloatStorage"
  c10::ScalarType scalar_type;
  std::int64_t size_bytes;
};

// Null for a type that is not supported.
const ElementType* find_safetensors_type(std::string_view name);
const ElementType* find_torch_storage(std::string_view storage);
const ElementType* find_element_type(c10::ScalarType scalar_type);

// All names, for messages: "F64 F32 ...".
std::string safetensors_type_names();

// Product of the sizes of a shape; empty if a size is negative or the product overflows.
std::optional<std::int64_t> element_count(const std::vector<std::int64_t>& shape);

}  // namespace qamro::io
