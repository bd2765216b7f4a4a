#include "qamro/training/epoch_files.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "qamro/core/error.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/json_reader.h"
#include "qamro/io/safetensors.h"

namespace qamro::training {
namespace {

constexpr std::string_view kWeights = "weights.";
constexpr std::string_view kBest = "best.";
constexpr std::string_view kOptimizer = "optimizer.";

void add_prefixed(io::StateDict& all, std::string_view prefix, const io::StateDict& part) {
  for (const auto& [name, tensor] : part) all.emplace(fmt::format("{}{}", prefix, name), tensor);
}

template <typename Number>
Number parse(const std::map<std::string, std::string>& metadata, const std::string& key,
             const std::string& file) {
  const auto found = metadata.find(key);
  Number number{};
  if (found != metadata.end()) {
    const std::string& text = found->second;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure == std::errc() && end == text.data() + text.size()) return number;
  }
  throw CheckpointError(
      fmt::format("{}: not a training checkpoint: expected a number as '{}' in its metadata", file, key));
}

using Json = nlohmann::ordered_json;

Json optional_number(const std::optional<double>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json to_json(const MetricMeans& metrics) {
  return {{"mse", optional_number(metrics.mse)},
          {"lcc", optional_number(metrics.lcc)},
          {"srcc", optional_number(metrics.srcc)},
          {"ktau", optional_number(metrics.ktau)}};
}

Json to_json(const EpochRecord& record) {
  Json json = {{"epoch", record.epoch}, {"loss", record.loss}, {"loss_parts", record.loss_parts}};
  if (record.validation) {
    json["validation"] = {{"loss", record.validation->loss}};
    json["validation"].update(to_json(record.validation->utterance));
    if (record.validation->system) json["validation"]["system"] = to_json(*record.validation->system);
    json["is_best"] = record.is_best;
  }
  json["learning_rate"] = record.learning_rate;
  json["gradient_norm"] = record.gradient_norm;
  json["seconds"] = record.seconds;
  return json;
}

// The lines up to and including an epoch.
std::string kept_lines(const std::filesystem::path& path, std::int64_t last_epoch) {
  std::ifstream file(path);
  std::string kept;
  for (std::string line; std::getline(file, line);) {
    const Json json = io::parsed_json(line).value_or(Json());
    if (!json.is_object() || !json.contains("epoch") || json["epoch"].get<std::int64_t>() > last_epoch) break;
    kept += line + '\n';
  }
  return kept;
}

}  // namespace

io::StateDict copy_tensors(const io::StateDict& tensors) {
  io::StateDict copy;
  for (const auto& [name, tensor] : tensors) copy.emplace(name, tensor.detach().clone());
  return copy;
}

void load_weights(const io::StateDict& parameters, const io::StateDict& weights) {
  const at::NoGradGuard no_grad;
  if (parameters.size() != weights.size())
    throw CheckpointError(
        fmt::format("checkpoint: expected {} weight tensors, got {}", parameters.size(), weights.size()));
  for (const auto& [name, parameter] : parameters) {
    const auto stored = weights.find(name);
    if (stored == weights.end())
      throw CheckpointError(fmt::format("checkpoint: tensor '{}' is missing", name));
    if (stored->second.sizes() != parameter.sizes())
      throw CheckpointError(fmt::format("checkpoint: tensor '{}': expected shape [{}], got [{}]", name,
                                        fmt::join(parameter.sizes(), ", "),
                                        fmt::join(stored->second.sizes(), ", ")));
    parameter.copy_(stored->second);
  }
}

void save_state(const std::filesystem::path& path, const TrainingState& state,
                const std::string& fingerprint) {
  io::StateDict tensors;
  add_prefixed(tensors, kWeights, state.weights);
  add_prefixed(tensors, kBest, state.best_weights);
  add_prefixed(tensors, kOptimizer, state.optimizer);
  std::map<std::string, std::string> metadata = {{"fingerprint", fingerprint},
                                                 {"epoch", std::to_string(state.epoch)},
                                                 {"best_epoch", std::to_string(state.best_epoch)}};
  if (state.best_value) metadata.emplace("best_value", fmt::format("{}", *state.best_value));
  io::save_safetensors(path, tensors, metadata);
}

TrainingState load_state(const std::filesystem::path& path, const std::string& fingerprint) {
  const std::string file = path.string();
  const auto metadata = io::read_safetensors_metadata(path);
  const auto found = metadata.find("fingerprint");
  if (found == metadata.end() || found->second != fingerprint)
    throw CheckpointError(fmt::format("{}: checkpoint of another recipe, data set, seed or fold", file));
  TrainingState state;
  state.epoch = parse<std::int64_t>(metadata, "epoch", file);
  state.best_epoch = parse<std::int64_t>(metadata, "best_epoch", file);
  if (metadata.contains("best_value")) state.best_value = parse<double>(metadata, "best_value", file);
  const io::StateDict tensors = io::load_safetensors(path);
  state.weights = io::take_prefix(tensors, kWeights);
  state.best_weights = io::take_prefix(tensors, kBest);
  state.optimizer = io::take_prefix(tensors, kOptimizer);
  return state;
}

MetricsLog::MetricsLog(const std::filesystem::path& folder, std::int64_t last_epoch) {
  if (folder.empty()) return;
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) throw FileError(folder.string() + ": " + failure.message());
  path_ = folder / "metrics.jsonl";
  // Replaced, not emptied and written again: a kill or a full disk in between would lose the lines for good.
  if (last_epoch > 0)
    io::write_result(path_, [&](std::ostream& stream) { stream << kept_lines(path_, last_epoch); });
  file_.open(path_, std::ios::binary | (last_epoch > 0 ? std::ios::app : std::ios::trunc));
  if (!file_) throw FileError(describe_errno(path_.string(), errno));
}

void MetricsLog::append(const EpochRecord& record) {
  if (path_.empty()) return;
  file_ << to_json(record).dump() << '\n' << std::flush;
  if (!file_) throw FileError(describe_errno(path_.string(), errno));
}

}  // namespace qamro::training
