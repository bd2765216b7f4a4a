#pragma once

#include <memory>
#include <string>

#include "qamro/encoders/wavlm/module.h"
#include "qamro/predictors/model_folder.h"

namespace qamro::finetuning {

// The kind that describe_start() gives to Microsoft's checkpoints, which have no scores of their own.
inline constexpr const char* kWavLmCheckpoint = "wavlm";

// Finds what training starts from: a model as predictors::describe_model() finds it, or a file of Microsoft's
// WavLM checkpoints (WavLM-Base.pt, WavLM-Base+.pt: {"cfg", "model"}). Throws as describe_model() does.
predictors::ModelDescription describe_start(const std::string& name_or_path);

// Loads the WavLM of a model of kind "audiobox" or kWavLmCheckpoint into its own mapping, which may be
// written into. Throws CheckpointError for tensors or settings that do not fit.
std::shared_ptr<encoders::wavlm::WavLmModule> load_wavlm(const predictors::ModelDescription& description);

}  // namespace qamro::finetuning
