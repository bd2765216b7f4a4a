#pragma once

#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qamro/audio/decoder.h"
#include "qamro/data/training_clips.h"

// Declared, not included: who only scores needs no header of torch's tensors.
namespace at {
class Tensor;  // NOLINT(bugprone-forward-declaration-namespace): torch's own, not caffe2's
}  // namespace at
namespace qamro::io {
struct PickleValue;
using StateDict = std::map<std::string, at::Tensor>;
}  // namespace qamro::io

namespace qamro::models {

// A file of weights, opened once: first the kinds look at what it is, then one of them takes its tensors,
// which lie in a private mapping of the file. Who writes into tensors opens the file anew. Thread-safe.
class WeightsFile {
 public:
  explicit WeightsFile(std::filesystem::path path);
  ~WeightsFile();

  const std::filesystem::path& path() const { return path_; }
  bool is_safetensors() const { return path_.extension() == ".safetensors"; }
  // What torch.save wrote; unpickled at the first call. Throws as io::load_torch_checkpoint().
  const io::PickleValue& checkpoint() const;
  // The tensors of a safetensors file, or those of a checkpoint as io::load_state_dict() finds them. Throws
  // as these do.
  io::StateDict tensors(const std::string& key = "") const;

 private:
  std::filesystem::path path_;
  mutable std::mutex mutex_;
  mutable std::unique_ptr<const io::PickleValue> checkpoint_;
};

// One score of a model, on the scale that listeners used.
struct Axis {
  std::string name;  // "mos", "PQ", …
  double scale_low = 1;
  double scale_high = 5;
};

// The contents of a model folder's model.json. Keys that qamro does not know stay in `document`.
//
//   format_version    1
//   name, summary     for people
//   kind              "distillmos" or "audiobox": encoder with its own scores; "clap": the same, or an
//                     encoder alone if it has no axes; "heads": MLP heads on an encoder's embedding
//   weights           file name in the folder
//   sha256            of that file, checked when the model is opened; may be missing after training
//   encoder           "heads" only: {"model": name or path, "sha256": of its weights}
//   embedding_layout  "heads" only: content of the encoder's embedding
//   familiarity       "distillmos" only: {"file": statistics in the folder, "sha256": of that file}; may be
//   missing
//                     (familiarity_measure.h)
//   axes              [{"name", "scale": [low, high], "target_transform"?}]
//   sample_rate_hz    1,000 to 768,000, and the encoder's own
//   window_samples, hop_samples
//                     1 to kLongestWindowSamples
//   mono_policy
//   licence, provenance
//                     provenance.training_clips: {"file": name of the list in the folder, "sha256": of it};
//                     see data/training_clips.h. May be missing
struct ModelDescription {
  std::string name;
  std::string kind;
  std::string summary;
  std::string licence;
  std::filesystem::path folder;
  std::filesystem::path weights;  // full path
  std::string sha256;             // expected; "" if model.json does not have it
  std::vector<Axis> axes;
  int sample_rate_hz = 16000;
  audio::MonoPolicy mono_policy = audio::MonoPolicy::mean;
  nlohmann::ordered_json document;
  // The weights of a published file, which had to be opened to be described; null: not opened yet. Copies
  // share its memory. Who writes into tensors takes those of an unopened() description.
  std::shared_ptr<const WeightsFile> file = nullptr;

  io::StateDict tensors(const std::string& key = "") const;
  ModelDescription unopened() const;
};

// The longest window of a model: 2 h at 16 kHz.
inline constexpr std::int64_t kLongestWindowSamples = 7200LL * 16000;

// Reads FOLDER/model.json. Throws FileError if it does not exist, and CheckpointError that names the key for
// other problems, such as a number out of its range (docs/models.md has them).
ModelDescription read_model_folder(const std::filesystem::path& folder);

// The file that holds the settings: qamro's model.json, the config.json beside published weights, or these
// themselves.
std::string settings_file(const ModelDescription& description);

// Throws CheckpointError if model.json states another sample rate than that of the model's encoder.
void expect_sample_rate(const ModelDescription& description, int encoder_hz);

// Returns the SHA-256 of the weights. Throws CheckpointError if model.json states another one, FileError if
// the weights are missing (with their source, if model.json states it).
std::string verify_weights(const ModelDescription& description);

// The clips that the model was trained on, empty if model.json names no list of them. Throws FileError if
// that list is missing, CheckpointError if it is damaged.
data::TrainingClips read_training_clips(const ModelDescription& description);

// Runs verify_weights() on its own thread while another thread reads the weights.
std::shared_future<std::string> start_verifying(const ModelDescription& description);

// Runs load(). If it fails, verify() runs first and may throw the better explanation: weights that are
// missing, damaged or different.
template <typename Verify, typename Load>
auto load_or_explain(const Verify& verify, const Load& load) {
  try {
    return load();
  } catch (...) {
    verify();
    throw;
  }
}

// Runs load() while the weights are hashed. check(SHA-256) may refuse them, too. Errors of the hash come
// before errors of loading.
template <typename Load, typename Check>
auto load_verified(const ModelDescription& description, const Load& load, const Check& check) {
  const auto sha256 = start_verifying(description);
  const auto verify = [&] { check(sha256.get()); };
  auto loaded = load_or_explain(verify, load);
  verify();
  return loaded;
}
template <typename Load>
auto load_verified(const ModelDescription& description, const Load& load) {
  return load_verified(description, load, [](const std::string&) {});
}

}  // namespace qamro::models
