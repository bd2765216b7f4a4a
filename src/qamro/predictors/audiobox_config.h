#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qamro/predictors/aesthetics_heads.h"
#include "qamro/predictors/head_model.h"
#include "qamro/predictors/model_folder.h"

namespace qamro::predictors {

// The axes in qamro's order; published files have them in alphabetical order, which does not matter: all is
// found by name. Scale 1 to 10.
inline constexpr std::array<const char*, 4> kAestheticsAxes = {"PQ", "PC", "CE", "CU"};

// The variants of the heads, under the reference's names (proj_num_layer, …): the "model_cfg" of
// checkpoint.pt and of qamro's model.json, or a Hugging Face folder's config.json. Sizes of the encoder are
// not part of it. A missing key is refused, or, as in the reference's constructor, has a default. Throws
// CheckpointError.
enum class MissingKeys { refuse, default_value };
AestheticsHeadsOptions heads_options_from_json(const nlohmann::ordered_json& json, const std::string& file,
                                               MissingKeys missing);
nlohmann::ordered_json to_json(const AestheticsHeadsOptions& options);

// {"CE": {"mean", "std"}, …} of the published files. Throws CheckpointError that names an axis which is
// missing, unknown, or not finite with std > 0.
std::vector<HeadAxis> axes_from_target_transform(const nlohmann::ordered_json& json, const std::string& file);

// A published file as qamro's model.json would describe it (kind "audiobox", see model_folder.h): a torch
// checkpoint {"state_dict", "model_cfg", "target_transform"}, one with the state_dict alone beside a
// config.json (as the paper's track 2 program leaves them), or a model.safetensors beside a config.json.
// Reads settings, not tensors. Throws FileError, and CheckpointError that says what is missing.
ModelDescription describe_audiobox_file(const std::filesystem::path& weights);

}  // namespace qamro::predictors
