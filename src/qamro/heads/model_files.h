#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "qamro/io/state_dict.h"

namespace qamro::heads {

// File name of the weights in model folders that qamro writes.
inline constexpr const char* kWeightsFile = "model.safetensors";

// Writes FOLDER/model.safetensors, and FOLDER/model.json with what document(SHA-256 of the weights) returns.
// Makes the folder if it is missing. Each file is written to a temporary file, then renamed. Returns that
// SHA-256. Throws FileError.
std::string write_model_files(
    const std::filesystem::path& folder, const io::StateDict& tensors,
    const std::function<nlohmann::ordered_json(const std::string& sha256)>& document);

}  // namespace qamro::heads
