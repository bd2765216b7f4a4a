#include "qamro/models/published_file.h"

#include <fmt/format.h>

#include "qamro/core/error.h"
#include "qamro/models/model_kind.h"

namespace qamro::models {
namespace fs = std::filesystem;

bool is_published_file(const fs::path& file) {
  if (!fs::is_regular_file(file)) return false;
  return file.extension() == ".pt" || file.filename() == "pytorch_model.bin" ||
         (file.extension() == ".safetensors" && fs::exists(file.parent_path() / "config.json"));
}

std::optional<fs::path> model_in(const fs::path& folder) {
  if (fs::exists(folder / "model.json")) return folder;
  for (const ModelKind* kind : model_kinds())
    if (auto weights = kind->find(folder)) return weights;
  return std::nullopt;
}

ModelDescription describe_published_file(const fs::path& weights) {
  const auto file = std::make_shared<const WeightsFile>(weights);
  for (const ModelKind* kind : model_kinds()) {
    auto model = kind->describe(*file);
    if (!model) continue;
    model->file = file;
    return *std::move(model);
  }
  throw CheckpointError(fmt::format("{}: expected a published model, got another file", weights.string()));
}

}  // namespace qamro::models
