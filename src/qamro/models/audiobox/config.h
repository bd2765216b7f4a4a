#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qamro/heads/aesthetics_heads.h"
#include "qamro/heads/head_model.h"
#include "qamro/models/model_folder.h"

namespace qamro::models {

// The axes in qamro's order, scale 1 to 10. Published files list them in alphabetical order, which makes no
// difference because everything is found by name.
inline constexpr std::array<const char*, 4> kAestheticsAxes = {"PQ", "PC", "CE", "CU"};

// The variants of the heads, under the reference's names (proj_num_layer, …). They are in "model_cfg" of
// checkpoint.pt and of qamro's model.json, or in a Hugging Face folder's config.json. The sizes of the
// encoder are not part of them. A missing key is refused, or takes the default of the reference's
// constructor. Throws CheckpointError.
enum class MissingKeys { refuse, default_value };
heads::AestheticsHeadsOptions heads_options_from_json(const nlohmann::ordered_json& json,
                                                      const std::string& file, MissingKeys missing);
nlohmann::ordered_json to_json(const heads::AestheticsHeadsOptions& options);

// Reads {"CE": {"mean", "std"}, …} of the published files. Throws CheckpointError that names the axis that is
// missing, unknown, or not finite with std > 0.
std::vector<heads::HeadAxis> axes_from_target_transform(const nlohmann::ordered_json& json,
                                                        const std::string& file);

// Describes a published file as qamro's model.json would (kind "audiobox", see model_folder.h). The file is
// one of
// - a torch checkpoint {"state_dict", "model_cfg", "target_transform"};
// - a torch checkpoint with state_dict alone, beside a config.json (as the paper's track 2 program
//   writes them);
// - a model.safetensors beside a config.json.
// Reads settings, not tensors. Throws FileError, and CheckpointError that says what is missing.
ModelDescription describe_audiobox_file(const WeightsFile& file);

}  // namespace qamro::models
