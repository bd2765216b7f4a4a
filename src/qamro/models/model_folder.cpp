#include "qamro/models/model_folder.h"

#include <fmt/format.h>

#include <array>
#include <span>

#include "qamro/audio/sound_source.h"
#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/heads/head_model.h"
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
using io::JsonSettings;

Json parse_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored))
    throw FileError(fmt::format("{}: no such model description", path.string()));
  auto document = io::read_json(path);
  if (!document.is_object()) throw CheckpointError(fmt::format("{}: expected a JSON object", path.string()));
  return document;
}

Axis parse_axis(const JsonSettings& settings) {
  const std::array<double, 2> scale =
      settings.has("scale") ? settings.required_interval("scale", heads::kScaleLimit, heads::kLeastScale)
                            : std::array{1.0, 5.0};
  return {settings.required<std::string>("name"), scale[0], scale[1]};
}

std::vector<Axis> parse_axes(const JsonSettings& settings) {
  std::vector<Axis> axes;
  for (const JsonSettings& entry : settings.entries("axes")) {
    axes.push_back(parse_axis(entry));
    for (const Axis& other : std::span(axes).first(axes.size() - 1))
      if (other.name == axes.back().name)
        throw CheckpointError(
            fmt::format("{}: name: expected each axis once, got '{}' twice", entry.where(), other.name));
  }
  return axes;
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
  const JsonSettings settings(model.document, file);
  if (const auto version = settings.required<std::int64_t>("format_version"); version != 1)
    throw CheckpointError(fmt::format("{}: format_version: expected 1, got {}", file, version));
  model.kind = settings.required<std::string>("kind");
  model.name = settings.optional<std::string>("name", folder.filename().string());
  model.summary = settings.optional<std::string>("summary", "");
  model.licence = settings.optional<std::string>("licence", "");
  model.folder = folder;
  model.weights = folder / settings.optional<std::string>("weights", "model.safetensors");
  model.sha256 = settings.optional<std::string>("sha256", "");
  model.sample_rate_hz = static_cast<int>(
      settings.optional_in_range("sample_rate_hz", audio::kLowestRateHz, audio::kHighestRateHz, 16000));
  for (const char* key : {"window_samples", "hop_samples"})
    settings.optional_in_range(key, 1, kLongestWindowSamples, 1);
  model.mono_policy = parse_mono_policy(settings.optional<std::string>("mono_policy", "mean"), file);
  model.axes = parse_axes(settings);
  const ModelKind* kind = find_model_kind(model.kind);
  if (model.axes.empty() && (kind == nullptr || !kind->may_lack_axes()))
    throw CheckpointError(fmt::format("{}: axes: expected at least one, got none", file));
  return model;
}

std::string settings_file(const ModelDescription& description) {
  std::error_code ignored;
  for (const char* name : {"model.json", "config.json"}) {
    const bool holds_its_own =
        name == std::string_view("config.json") && description.weights.extension() == ".pt";
    if (const auto file = description.folder / name; !holds_its_own && std::filesystem::exists(file, ignored))
      return file.string();
  }
  return description.weights.string();
}

void expect_sample_rate(const ModelDescription& description, int encoder_hz) {
  if (description.document.contains("sample_rate_hz") && description.sample_rate_hz != encoder_hz)
    throw CheckpointError(fmt::format("{}: sample_rate_hz: expected {}, as its encoder hears, got {}",
                                      settings_file(description), encoder_hz, description.sample_rate_hz));
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
  const JsonSettings settings(provenance.at("training_clips"), where);
  const auto file = model.folder / settings.required<std::string>("file");
  const auto expected = settings.required<std::string>("sha256");
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
