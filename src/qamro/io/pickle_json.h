#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "qamro/io/pickle_value.h"

namespace qamro::io {

// A checkpoint's plain settings as JSON, keys in the file's order; lists and tuples become arrays. Throws
// CheckpointError that names `what` for anything JSON has no word for: tensors, bytes, keys that are no
// strings.
nlohmann::ordered_json to_json(const PickleValue& value, std::string_view what);

}  // namespace qamro::io
