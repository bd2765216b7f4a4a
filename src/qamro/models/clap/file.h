#pragma once

#include <filesystem>
#include <optional>

#include "qamro/io/state_dict.h"
#include "qamro/models/model_folder.h"

namespace qamro::models {

// Finds the CLAP checkpoint in a folder: pytorch_model.bin or model.safetensors beside a config.json of
// Hugging Face's "clap", or a single .pt beside a vocab.json, as `qamro model fetch clap-music` leaves them.
std::optional<std::filesystem::path> find_clap_file(const std::filesystem::path& folder);

// Describes a published CLAP as qamro's model.json would (kind "clap", see model_folder.h). Empty if the file
// is something else. The file is one of
// - LAION's .pt, {"state_dict": {"module.<name>"}} or the tensors alone: no heads, audio_policy "correct";
// - the paper's saved track 1 predictor, "upstream_model.model.<name>" with two heads: audio_policy
//   "published", no activation in the heads;
// - model.safetensors or pytorch_model.bin of Hugging Face's ClapModel, beside its config.json.
// Throws FileError, and CheckpointError as load_torch_checkpoint() does.
std::optional<ModelDescription> describe_clap_file(const WeightsFile& file);

// Reads the tensors of any of these files and of qamro's own folder. They get LAION's names without
// "module."; the heads keep their names. Throws FileError and CheckpointError.
io::StateDict read_clap_tensors(const ModelDescription& description);

// Finds the folder with RoBERTa's vocab.json and merges.txt for a model: the model's own,
// $QAMRO_DATA/roberta, or the one that `qamro model fetch roberta-base` or `clap-music` made. Throws
// FileError that names all of them.
std::filesystem::path find_vocabulary(const ModelDescription& description);

}  // namespace qamro::models
