#include "qamro/models/model_folder.h"

#include <fmt/format.h>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/io/json_reader.h"
#include "qamro/io/safetensors.h"
#include "qamro/io/torch_checkpoint.h"
#include "qamro/models/model_kind.h"

namespace qamro::models {

WeightsFile::WeightsFile(std::filesystem::path path) : path_(std::move(path)) {}

WeightsFile::~WeightsFile() = default;

const io::PickleValue& WeightsFile::checkpoint() const {
  const std::lock_guard lock(mutex_);
  if (!checkpoint_) checkpoint_ = std::make_unique<const io::PickleValue>(io::load_torch_checkpoint(path_));
  return *checkpoint_;
}

io::StateDict WeightsFile::tensors(const std::string& key) const {
  if (is_safetensors()) return io::load_safetensors(path_);
  return io::state_dict_of(checkpoint(), path_.string(), key);
}

namespace {

using Json = nlohmann::ordered_json;

class Reader {
 public:
  Reader(const Json& document, std::string file) : document_(document), file_(std::move(file)) {}

  template <typename T>
  T required(const char* key) const {
    if (!document_.contains(key)) throw CheckpointError(fmt::format("{}: key '{}' is missing", file_, key));
    return convert<T>(document_.at(key), key);
  }
  template <typename T>
  T optional(const char* key, T otherwise) const {
    return document_.contains(key) ? convert<T>(document_.at(key), key) : otherwise;
  }

 private:
  template <typename T>
  T convert(const Json& value, const char* key) const {
    try {
      return value.get<T>();
    } catch (const Json::exception& error) {
      throw CheckpointError(fmt::format("{}: key '{}': {}", file_, key, error.what()));
    }
  }

  const Json& document_;
  std::string file_;
};

Json parse_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    throw FileError(fmt::format("{}: no such model description", path.string()));
  auto document = io::read_json(path);
  if (!document.is_object()) throw CheckpointError(fmt::format("{}: expected a JSON object", path.string()));
  return document;
}

Axis parse_axis(const Json& entry, const std::string& file) {
  const Reader reader(entry, file + ": axes");
  const auto scale = reader.optional<std::vector<double>>("scale", {1, 5});
  if (scale.size() != 2 || !(scale[0] < scale[1]))
    throw CheckpointError(fmt::format("{}: axes: expected a scale [low, high], got {}", file, entry.dump()));
  return {reader.required<std::string>("name"), scale[0], scale[1]};
}

audio::MonoPolicy parse_mono_policy(const std::string& name, const std::string& file) {
  if (const auto policy = value_named<audio::MonoPolicy>(name)) return *policy;
  throw CheckpointError(fmt::format("{}: mono_policy: expected mean or first, got '{}'", file, name));
}

}  // namespace

ModelDescription read_model_folder(const std::filesystem::path& folder) {
  const std::string file = (folder / "model.json").string();
  ModelDescription model;
  model.document = parse_file(file);
  const Reader reader(model.document, file);
  if (const int version = reader.required<int>("format_version"); version != 1)
    throw CheckpointError(fmt::format("{}: format_version: expected 1, got {}", file, version));
  model.kind = reader.required<std::string>("kind");
  model.name = reader.optional<std::string>("name", folder.filename().string());
  model.summary = reader.optional<std::string>("summary", "");
  model.licence = reader.optional<std::string>("licence", "");
  model.folder = folder;
  model.weights = folder / reader.optional<std::string>("weights", "model.safetensors");
  model.sha256 = reader.optional<std::string>("sha256", "");
  model.sample_rate_hz = reader.optional<int>("sample_rate_hz", 16000);
  model.mono_policy = parse_mono_policy(reader.optional<std::string>("mono_policy", "mean"), file);
  for (const auto& entry : reader.required<Json>("axes")) model.axes.push_back(parse_axis(entry, file));
  const ModelKind* kind = find_model_kind(model.kind);
  if (model.axes.empty() && (kind == nullptr || !kind->may_lack_axes()))
    throw CheckpointError(fmt::format("{}: axes: expected at least one, got none", file));
  return model;
}

io::StateDict ModelDescription::tensors(const std::string& key) const {
  return file ? file->tensors(key) : WeightsFile(weights).tensors(key);
}

ModelDescription ModelDescription::unopened() const {
  ModelDescription other = *this;
  other.file = nullptr;
  return other;
}

std::string verify_weights(const ModelDescription& model) {
  if (!std::filesystem::exists(model.weights)) {
    const auto source =
        model.document.value("weights_source", std::string("'make setup' installs the shipped ones"));
    throw FileError(fmt::format("model '{}': its weights are missing: expected {} ({})", model.name,
                                model.weights.string(), source));
  }
  const std::string found = sha256_file(model.weights);
  if (!model.sha256.empty() && found != model.sha256)
    throw CheckpointError(
        fmt::format("{}: expected SHA-256 {}, got {}: the file is damaged or is another one",
                    model.weights.string(), model.sha256, found));
  return found;
}

data::TrainingClips read_training_clips(const ModelDescription& model) {
  const Json provenance = model.document.value("provenance", Json());
  if (!provenance.is_object() || !provenance.contains("training_clips")) return {};
  const std::string where = (model.folder / "model.json").string() + ": provenance.training_clips";
  const Reader reader(provenance.at("training_clips"), where);
  const auto file = model.folder / reader.required<std::string>("file");
  const auto expected = reader.required<std::string>("sha256");
  constexpr const char* kAdvice = "restore it, or remove training_clips from model.json to go without";
  if (!std::filesystem::exists(file))
    throw FileError(
        fmt::format("{}: expected a list of the training clips, as model.json says, got no such file: {}",
                    file.string(), kAdvice));
  if (const std::string found = sha256_file(file); found != expected)
    throw CheckpointError(fmt::format(
        "{}: expected SHA-256 {}, as model.json says, got {}: the list of training clips is damaged or is another one: {}",
        file.string(), expected, found, kAdvice));
  return data::TrainingClips(file);
}

std::shared_future<std::string> start_verifying(const ModelDescription& model) {
  return std::async(std::launch::async, [model] { return verify_weights(model); }).share();
}

}  // namespace qamro::models
