#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "qamro/io/pickle_value.h"

namespace qamro::io {

// A checkpoint's plain settings as JSON, with keys in the file's order; lists and tuples become arrays.
// Throws CheckpointError that names `what` for values that JSON cannot hold: tensors, bytes, keys that are
// not strings.
nlohmann::ordered_json to_json(const PickleValue& value, std::string_view what);

}  // namespace qamro::io
