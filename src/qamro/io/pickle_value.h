#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "qamro/io/state_dict.h"

namespace qamro::io {

struct PickleValue;
struct PickleItem;

struct PickleBytes {
  std::string data;
};
struct PickleList {
  std::vector<PickleValue> items;
};
struct PickleTuple {  // and torch.Size
  std::vector<PickleValue> items;
};
struct PickleDict {  // and collections.OrderedDict; in the file's order
  std::vector<PickleItem> items;

  // The value of a string key, or null.
  const PickleValue* find(std::string_view key) const;
};

// Any value that a tensor file may hold. std::monostate is Python's None. Containers are at most 100 deep.
struct PickleValue {
  std::variant<std::monostate, bool, std::int64_t, double, std::string, PickleBytes, PickleList, PickleTuple,
               PickleDict, at::Tensor>
      value;

  template <typename T>
  const T* get_if() const {
    return std::get_if<T>(&value);
  }
  // "None", "bool", "int", "float", "str", "bytes", "list", "tuple", "dict" or "tensor".
  const char* type_name() const;
};

// Not a std::pair, because instantiating one requires PickleValue to be complete.
struct PickleItem {
  PickleValue key, value;
};

// All tensors inside `value`. A tensor's name is `prefix`, then the dict keys and the list and tuple indices
// that lead to it, joined by '.'. Other values are left out. Throws CheckpointError if two tensors would get
// the same name.
StateDict flatten_tensors(const PickleValue& value, const std::string& prefix = "");

// A checkpoint's plain settings as JSON, with keys in the file's order; lists and tuples become arrays.
// Throws CheckpointError that names `what` for values that JSON cannot hold: tensors, bytes, keys that are
// not strings.
nlohmann::ordered_json to_json(const PickleValue& value, std::string_view what);

}  // namespace qamro::io
