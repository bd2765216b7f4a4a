#include "qamro/io/element_type.h"

#include <algorithm>
#include <array>

namespace qamro::io {
namespace {

constexpr std::array<ElementType, 10> kTypes = {{
    {"F64", "DoubleStorage", c10::ScalarType::Double, 8},
    {"F32", "FloatStorage", c10::ScalarType::Float, 4},
    {"F16", "HalfStorage", c10::ScalarType::Half, 2},
    {"BF16", "BFloat16Storage", c10::ScalarType::BFloat16, 2},
    {"I64", "LongStorage", c10::ScalarType::Long, 8},
    {"I32", "IntStorage", c10::ScalarType::Int, 4},
    {"I16", "ShortStorage", c10::ScalarType::Short, 2},
    {"I8", "CharStorage", c10::ScalarType::Char, 1},
    {"U8", "ByteStorage", c10::ScalarType::Byte, 1},
    {"BOOL", "BoolStorage", c10::ScalarType::Bool, 1},
}};

template <typename Member, typename Value>
const ElementType* find(Member member, const Value& value) {
  const auto found = std::find_if(kTypes.begin(), kTypes.end(),
                                  [&](const ElementType& type) { return type.*member == value; });
  return found == kTypes.end() ? nullptr : &*found;
}

}  // namespace

const ElementType* find_safetensors_type(std::string_view name) {
  return find(&ElementType::safetensors_name, name);
}

const ElementType* find_torch_storage(std::string_view storage) {
  return find(&ElementType::torch_storage, storage);
}

const ElementType* find_element_type(c10::ScalarType scalar_type) {
  return find(&ElementType::scalar_type, scalar_type);
}

std::string safetensors_type_names() {
  std::string names;
  for (const auto& type : kTypes) {
    if (!names.empty()) names += ' ';
    names += type.safetensors_name;
  }
  return names;
}

std::optional<std::int64_t> element_count(const std::vector<std::int64_t>& shape) {
  // A size of 0 must not hide an overflow among the other sizes: torch multiplies those for its strides.
  std::int64_t count = 1;
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    if (size == 0) empty = true;
    if (size != 0 && __builtin_mul_overflow(count, size, &count)) return std::nullopt;
  }
  return empty ? 0 : count;
}

}  // namespace qamro::io
