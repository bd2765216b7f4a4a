#pragma once

#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qamro/audio/decoder.h"

namespace qamro::predictors {

// One score that a model gives, on the scale on which listeners gave it.
struct Axis {
  std::string name;  // "mos", "PQ", …
  double scale_low = 1;
  double scale_high = 5;
};

// What model.json says of a model folder. Keys that it does not know stay in `document`.
//
//   format_version    1
//   name, summary     for people
//   kind              "distillmos", "audiobox": encoders that score by themselves; "clap": the same, or
//   without
//                     axes an encoder alone; "heads": MLP heads on an encoder's embedding
//   weights           file name in the folder
//   sha256            of that file, checked when the model is opened; may be missing for one just trained
//   encoder           "heads" only: {"model": name or path, "sha256": of its weights}
//   embedding_layout  "heads" only: what the encoder's embedding is made of
//   axes              [{"name", "scale": [low, high], "target_transform"?}]
//   sample_rate_hz, window_samples, hop_samples, mono_policy
//   licence, provenance
struct ModelDescription {
  std::string name;
  std::string kind;
  std::string summary;
  std::string licence;
  std::filesystem::path folder;
  std::filesystem::path weights;  // full path
  std::string sha256;             // expected, "" when model.json does not say
  std::vector<Axis> axes;
  int sample_rate_hz = 16000;
  audio::MonoPolicy mono_policy = audio::MonoPolicy::mean;
  nlohmann::ordered_json document;
};

// Reads FOLDER/model.json. Throws FileError when it is not there and CheckpointError naming the key
// otherwise.
ModelDescription read_model_folder(const std::filesystem::path& folder);

// SHA-256 of the weights. Throws CheckpointError when model.json promised another one, FileError when the
// weights are missing (and says where they come from, when model.json knows).
std::string verify_weights(const ModelDescription& description);

// The same on a thread of its own, while another reads the weights.
std::shared_future<std::string> start_verifying(const ModelDescription& description);

// load(), whose failure is told only after verify()'s, which explains it: weights that are missing, damaged
// or other ones.
template <typename Verify, typename Load>
auto load_or_explain(const Verify& verify, const Load& load) {
  try {
    return load();
  } catch (...) {
    verify();
    throw;
  }
}

}  // namespace qamro::predictors
