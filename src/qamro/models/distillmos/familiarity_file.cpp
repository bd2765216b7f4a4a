#include "qamro/models/distillmos/familiarity_file.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/models/registry.h"

namespace qamro::models {
namespace {

namespace fs = std::filesystem;

constexpr const char* kShippedModel = "distill-mos";

// The file that a model.json names.
std::optional<FamiliarityFile> file_of(const ModelDescription& model) {
  const auto entry = model.document.find("familiarity");
  if (entry == model.document.end()) return std::nullopt;
  try {
    return FamiliarityFile{model.folder / entry->at("file").get<std::string>(),
                           entry->at("sha256").get<std::string>()};
  } catch (const nlohmann::json::exception& error) {
    throw CheckpointError(fmt::format("{}: key 'familiarity': expected {{\"file\", \"sha256\"}}, got {} ({})",
                                      (model.folder / "model.json").string(), entry->dump(), error.what()));
  }
}

// By its folder's name in the search path, whatever lies in the current folder.
std::optional<ModelDescription> shipped_model() {
  for (const fs::path& folder : model_search_path())
    if (fs::exists(folder / kShippedModel / "model.json")) return read_model_folder(folder / kShippedModel);
  return std::nullopt;
}

}  // namespace

std::optional<FamiliarityFile> find_familiarity_file(const ModelDescription& model) {
  if (const auto own = file_of(model)) return own;
  const bool is_published_file = model.sha256.empty() && model.file != nullptr;
  if (!is_published_file) return std::nullopt;
  const auto shipped = shipped_model();
  if (!shipped || shipped->sha256.empty() || shipped->sha256 != sha256_file(model.weights))
    return std::nullopt;
  return file_of(*shipped);
}

std::shared_ptr<const FamiliarityMeasure> load_familiarity(const FamiliarityFile& file) {
  if (const std::string found = sha256_file(file.path); found != file.sha256)
    throw CheckpointError(
        fmt::format("{}: expected SHA-256 {}, got {}: the file is damaged or is another one",
                    file.path.string(), file.sha256, found));
  return std::make_shared<FamiliarityMeasure>(FamiliarityMeasure::load(file.path));
}

nlohmann::ordered_json copy_familiarity(const FamiliarityFile& file, const fs::path& folder) {
  const fs::path name = file.path.filename();
  std::error_code failure;
  fs::copy_file(file.path, folder / name, fs::copy_options::overwrite_existing, failure);
  if (failure) throw FileError(fmt::format("{}: {}", (folder / name).string(), failure.message()));
  return {{"file", name.string()}, {"sha256", file.sha256}};
}

}  // namespace qamro::models
