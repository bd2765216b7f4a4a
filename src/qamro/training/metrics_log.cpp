#include "qamro/training/metrics_log.h"

#include <nlohmann/json.hpp>
#include <string>

#include "qamro/core/error.h"

namespace qamro::training {
namespace {

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
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("epoch") || json["epoch"].get<std::int64_t>() > last_epoch) break;
    kept += line + '\n';
  }
  return kept;
}

}  // namespace

MetricsLog::MetricsLog(const std::filesystem::path& folder, std::int64_t last_epoch) {
  if (folder.empty()) return;
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) throw FileError(folder.string() + ": " + failure.message());
  path_ = folder / "metrics.jsonl";
  const std::string kept = last_epoch > 0 ? kept_lines(path_, last_epoch) : std::string();
  file_.open(path_, std::ios::binary | std::ios::trunc);
  file_ << kept << std::flush;
  if (!file_) throw FileError(describe_errno(path_.string(), errno));
}

void MetricsLog::append(const EpochRecord& record) {
  if (path_.empty()) return;
  file_ << to_json(record).dump() << '\n' << std::flush;
  if (!file_) throw FileError(describe_errno(path_.string(), errno));
}

}  // namespace qamro::training
