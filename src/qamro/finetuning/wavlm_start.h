#pragma once

#include <memory>
#include <string>

#include "qamro/encoders/wavlm/module.h"
#include "qamro/predictors/model_folder.h"

namespace qamro::finetuning {

// The kind that describe_start() gives Microsoft's checkpoints, which score nothing by themselves.
inline constexpr const char* kWavLmCheckpoint = "wavlm";

// What training starts from: a model as predictors::describe_model() finds it, or the file of one of
// Microsoft's WavLM checkpoints (WavLM-Base.pt, WavLM-Base+.pt: {"cfg", "model"}). Throws as
// describe_model().
predictors::ModelDescription describe_start(const std::string& name_or_path);

// WavLM out of a model of kind "audiobox" or kWavLmCheckpoint, in a mapping of its own that may be written
// into. Throws CheckpointError for tensors or settings that do not fit.
std::shared_ptr<encoders::wavlm::WavLmModule> load_wavlm(const predictors::ModelDescription& description);

}  // namespace qamro::finetuning
