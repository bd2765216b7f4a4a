#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "qamro/core/enum_names.h"
#include "qamro/encoders/clap/module.h"
#include "qamro/heads/clap_heads.h"
#include "qamro/heads/head_model.h"
#include "qamro/io/json_reader.h"
#include "qamro/io/state_dict.h"
#include "qamro/models/model_folder.h"

namespace qamro::models {

// What settings may say of the text branch.
inline constexpr std::int64_t kMaxTextHeads = 1024;
inline constexpr io::NumberRange kTextNormEpsilon = {0, 1, /*without_low=*/true};

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

// How CLAP gets its audio.
//   correct    as LAION's package reads files: resampled to 48 kHz by libsoxr, mono, rounded to 16 bits;
//              here in consecutive windows of 10 s whose embeddings are averaged by length (the package
//              takes a random 10 s). A last window below 0.1 s is left out. A shorter window is repeated
//              whole, then zero-padded.
//   published  as the paper's code reads files: at the file's own rate, the first 480,000 samples; a
//              shorter clip is repeated and padded as above. (That code first pads the clips of a batch to
//              the longest one, so a score depends on the other clips; here it does not.)
enum class ClapAudioPolicy { correct, published };
constexpr auto enum_names(ClapAudioPolicy) {
  return names_table<ClapAudioPolicy>(
      {{ClapAudioPolicy::correct, "correct"}, {ClapAudioPolicy::published, "published"}});
}

// CLAP and the paper's two heads on it. Without heads it gives embeddings but no scores.
struct ClapModel {
  std::string name;
  std::string summary;
  std::string licence;
  ClapAudioPolicy audio_policy = ClapAudioPolicy::correct;
  std::shared_ptr<encoders::clap::ClapModule> encoder;
  std::optional<heads::ClapHeads> heads;
  std::vector<heads::HeadAxis> axes;      // MI and TA; empty without heads
  std::filesystem::path vocabulary = {};  // folder of vocab.json and merges.txt; "": see find_vocabulary()
  nlohmann::ordered_json provenance = nlohmann::ordered_json::object();
};

// Reads a model of kind "clap": qamro's folder or a published file. The encoder's parameters stay in the
// file's mapping. Throws CheckpointError that names the file and the tensor or key: missing, unexpected or
// misshapen ones, settings that contradict the tensors, a fusion model.
ClapModel load_clap_model(const ModelDescription& description);

// Writes model.json and model.safetensors with the tensor names of LAION and of the published heads, and
// copies vocab.json and merges.txt if model.vocabulary is set. Each file is written to a temporary file, then
// renamed. Throws FileError.
//
// Beside the keys of every model (model_folder.h), model.json has "audio_policy", "head_activation"
// (with heads), each axis' target_transform, and "encoder_config": {"audio": "HTSAT-base",
// "text_heads", "text_norm_epsilon"}.
void save_clap_model(const std::filesystem::path& folder, const ClapModel& model);

}  // namespace qamro::models
