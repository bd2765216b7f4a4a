#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "qamro/models/compute.h"
#include "qamro/models/encoder.h"
#include "qamro/models/familiarity_measure.h"
#include "qamro/models/model_folder.h"

namespace qamro::models {

// Distill-MOS as a frozen encoder: 7.68 s windows at 16 kHz, at most 1 s apart, in the given embedding layout
// (encoders/distillmos/embedding_layout.h; "mos" is the network's own score). Throws CheckpointError if the
// weights do not fit, InvalidInput for an invalid layout and for int8.
std::unique_ptr<WindowEncoder> load_distillmos_encoder(const ModelDescription& description,
                                                       const std::string& layout, const Compute& compute);

// The statistics beside a model, as its model.json names them: "familiarity": {"file", "sha256"}.
struct FamiliarityFile {
  std::filesystem::path path;
  std::string sha256;  // expected
};

// Those of a model's own model.json; for a published file, those of the shipped model with the same SHA-256.
// Throws CheckpointError for a model.json that does not say both.
std::optional<FamiliarityFile> find_familiarity_file(const ModelDescription& model);

// Throws FileError, and CheckpointError if the file is not the expected one.
std::shared_ptr<const FamiliarityMeasure> load_familiarity(const FamiliarityFile& file);

// Copies it into a folder; what the model.json there says of it. Throws FileError.
nlohmann::ordered_json copy_familiarity(const FamiliarityFile& file, const std::filesystem::path& folder);

}  // namespace qamro::models
