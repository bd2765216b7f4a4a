#pragma once

#include <c10/core/ScalarType.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qamro::io {

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
