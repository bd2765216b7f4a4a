#pragma once

#include <filesystem>
#include <optional>

#include "qamro/io/state_dict.h"
#include "qamro/predictors/model_folder.h"

namespace qamro::predictors {

// The CLAP checkpoint that a folder holds: pytorch_model.bin or model.safetensors beside a config.json of
// Hugging Face's "clap", or one .pt beside a vocab.json, as `qamro model fetch clap-music` leaves them.
std::optional<std::filesystem::path> find_clap_file(const std::filesystem::path& folder);

// A published CLAP as qamro's model.json would describe it (kind "clap", see model_folder.h); nothing where
// the file is something else. It may be
// - LAION's .pt, {"state_dict": {"module.<name>"}} or the tensors alone: no heads, audio_policy "correct";
// - the paper's saved track 1 predictor, "upstream_model.model.<name>" with two heads: audio_policy
//   "published", no activation in the heads;
// - model.safetensors or pytorch_model.bin of Hugging Face's ClapModel, beside its config.json.
// Throws FileError, and CheckpointError as load_torch_checkpoint().
std::optional<ModelDescription> describe_clap_file(const std::filesystem::path& weights);

// The tensors of any of these and of qamro's own folder, under LAION's names without "module.", and the heads
// under theirs. Throws FileError and CheckpointError.
io::StateDict read_clap_tensors(const std::filesystem::path& weights);

// The folder of RoBERTa's vocab.json and merges.txt for a model: its own, $QAMRO_DATA/roberta, or that of
// `qamro model fetch roberta-base` or `clap-music`. Throws FileError that names all of them.
std::filesystem::path find_vocabulary(const ModelDescription& description);

}  // namespace qamro::predictors
