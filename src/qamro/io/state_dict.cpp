#include "qamro/io/state_dict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "qamro/core/error.h"

namespace qamro::io {
namespace {

constexpr std::size_t kMaxNamed = 8;

std::string shape_text(at::IntArrayRef shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

std::string list(const std::vector<std::string>& entries) {
  const auto shown = std::min(entries.size(), kMaxNamed);
  std::string text = fmt::format("{}", fmt::join(entries.begin(), entries.begin() + shown, "; "));
  if (entries.size() > shown) text += fmt::format("; and {} more", entries.size() - shown);
  return text;
}

std::string misshapen(const std::string& name, at::IntArrayRef expected, const at::Tensor& tensor) {
  return fmt::format("tensor '{}': expected {}, got {}", name, shape_text(expected),
                     shape_text(tensor.sizes()));
}

}  // namespace

at::Tensor expect_tensor(const StateDict& state, const std::string& name, at::IntArrayRef shape,
                         std::string_view file) {
  const auto found = state.find(name);
  if (found == state.end())
    throw CheckpointError(
        fmt::format("{}: tensor '{}': expected {}, got none of that name", file, name, shape_text(shape)));
  if (found->second.sizes() != shape)
    throw CheckpointError(fmt::format("{}: {}", file, misshapen(name, shape, found->second)));
  return found->second;
}

at::IntArrayRef shape_of(const StateDict& state, const std::string& name, std::size_t dimensions,
                         std::string_view file) {
  const auto found = state.find(name);
  if (found == state.end()) throw CheckpointError(fmt::format("{}: tensor '{}' is missing", file, name));
  const at::IntArrayRef shape = found->second.sizes();
  if (shape.size() != dimensions || std::ranges::any_of(shape, [](auto size) { return size < 1; }))
    throw CheckpointError(fmt::format("{}: tensor '{}': expected {} dimensions, none empty, got {}", file,
                                      name, dimensions, shape_text(shape)));
  return shape;
}

void expect_tensors(const StateDict& state, const TensorShapes& expected, std::string_view file) {
  std::vector<std::string> missing;
  std::vector<std::string> other_shape;
  std::vector<std::string> unexpected;
  for (const auto& [name, shape] : expected) {
    const auto found = state.find(name);
    if (found == state.end()) {
      missing.push_back(fmt::format("'{}' {}", name, shape_text(shape)));
    } else if (found->second.sizes() != at::IntArrayRef(shape)) {
      other_shape.push_back(misshapen(name, shape, found->second));
    }
  }
  for (const auto& [name, tensor] : state)
    if (!expected.contains(name))
      unexpected.push_back(fmt::format("'{}' {}", name, shape_text(tensor.sizes())));
  std::vector<std::string> faults;
  if (!missing.empty()) faults.push_back("missing tensors: " + list(missing));
  if (!other_shape.empty()) faults.push_back(list(other_shape));
  if (!unexpected.empty()) faults.push_back("unexpected tensors: " + list(unexpected));
  if (!faults.empty()) throw CheckpointError(fmt::format("{}: {}", file, fmt::join(faults, ". ")));
}

StateDict take_prefix(const StateDict& state, std::string_view prefix) {
  StateDict part;
  for (auto entry = state.lower_bound(std::string(prefix));
       entry != state.end() && entry->first.starts_with(prefix); ++entry)
    part.emplace(entry->first.substr(prefix.size()), entry->second);
  return part;
}

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
