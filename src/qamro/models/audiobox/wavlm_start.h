#pragma once

#include <memory>
#include <optional>

#include "qamro/encoders/wavlm/module.h"
#include "qamro/models/model_folder.h"

namespace qamro::models {

// The kind of Microsoft's checkpoints, which have no scores of their own.
inline constexpr const char* kWavLmCheckpoint = "wavlm";

// Describes one of Microsoft's WavLM checkpoints (WavLM-Base.pt, WavLM-Base+.pt: {"cfg", "model"}). Empty if
// the file is another kind of checkpoint.
std::optional<ModelDescription> describe_wavlm_checkpoint(const WeightsFile& file);

// Loads the WavLM of a model of kind "audiobox" or kWavLmCheckpoint into its own mapping, which may be
// written into. Throws CheckpointError for tensors or settings that do not fit.
std::shared_ptr<encoders::wavlm::WavLmModule> load_wavlm(const ModelDescription& description);

}  // namespace qamro::models
