#include "qamro/training/fold_result.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/io/atomic_file.h"

namespace qamro::training {
namespace {

using Json = nlohmann::ordered_json;

FoldResult from_json(const Json& json, const std::string& fingerprint, std::array<std::int64_t, 2> shape) {
  if (json.at("fingerprint") != fingerprint) throw InvalidInput("it belongs to another recipe or data set");
  const auto values = json.at("predictions").get<std::vector<double>>();
  if (static_cast<std::int64_t>(values.size()) != shape[0] * shape[1])
    throw InvalidInput(fmt::format("expected {} predictions, got {}", shape[0] * shape[1], values.size()));
  FoldResult result;
  result.fit = {json.at("best_epoch").get<std::int64_t>(), json.at("epochs").get<std::int64_t>(),
                std::nullopt};
  if (!json.at("best_value").is_null()) result.fit.best_value = json.at("best_value").get<double>();
  result.predictions = at::tensor(values, at::kDouble).view(shape);
  return result;
}

}  // namespace

std::optional<FoldResult> load_fold_result(const std::filesystem::path& folder,
                                           const std::string& fingerprint,
                                           std::array<std::int64_t, 2> shape) {
  const std::filesystem::path path = folder / "result.json";
  if (folder.empty() || !std::filesystem::exists(path)) return std::nullopt;
  try {
    std::ifstream file(path);
    return from_json(Json::parse(file), fingerprint, shape);
  } catch (const std::exception& error) {
    throw CheckpointError(fmt::format("{}: cannot resume: {}", path.string(), error.what()));
  }
}

void save_fold_result(const std::filesystem::path& folder, const std::string& fingerprint,
                      const FoldResult& result, bool keep_checkpoints) {
  const at::Tensor flat = result.predictions.contiguous().view(-1);
  const std::vector<double> values(flat.const_data_ptr<double>(),
                                   flat.const_data_ptr<double>() + flat.numel());
  const Json json = {{"fingerprint", fingerprint},
                     {"best_epoch", result.fit.best_epoch},
                     {"epochs", result.fit.epochs},
                     {"best_value", result.fit.best_value ? Json(*result.fit.best_value) : Json(nullptr)},
                     {"predictions", values}};
  io::AtomicFile file(folder / "result.json");
  file.stream() << json.dump() << '\n';
  file.commit();
  if (!keep_checkpoints) drop_checkpoint(folder);
}

void drop_checkpoint(const std::filesystem::path& folder) {
  std::filesystem::remove(folder / "last.safetensors");
}

}  // namespace qamro::training
