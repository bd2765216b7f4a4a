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
#include "qamro/models/model_folder.h"

namespace qamro::models {

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

// Reads a model of kind "clap": qamro's folder or a published file (file.h). The encoder's parameters
// stay in the file's mapping. Throws CheckpointError that names the file and the tensor or key: missing,
// unexpected or misshapen ones, settings that contradict the tensors, a fusion model.
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
