#include "qamro/predictors/registry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "qamro/core/error.h"

namespace qamro::predictors {
namespace fs = std::filesystem;

std::vector<fs::path> model_search_path() {
  std::vector<fs::path> folders;
  if (const char* configured = std::getenv("QAMRO_MODELS")) {
    std::istringstream list(configured);
    for (std::string folder; std::getline(list, folder, ':');)
      if (!folder.empty()) folders.emplace_back(folder);
  }
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    folders.push_back(program.parent_path().parent_path() / "share/qamro/models");
    folders.push_back(program.parent_path().parent_path() / "models");
  }
  folders.emplace_back(QAMRO_SOURCE_MODELS);
  return folders;
}

fs::path find_model(const std::string& name_or_path) {
  const fs::path given(name_or_path);
  if (fs::exists(given / "model.json")) return given;
  if (given.filename() == "model.json" && fs::exists(given)) return given.parent_path();
  for (const auto& folder : model_search_path())
    if (!name_or_path.empty() && fs::exists(folder / name_or_path / "model.json"))
      return folder / name_or_path;

  std::vector<std::string> names;
  for (const auto& model : list_models()) names.push_back(model.name);
  std::vector<std::string> searched;
  for (const auto& folder : model_search_path()) searched.push_back(folder.string());
  throw InvalidInput(
      fmt::format("model '{}': expected a folder with a model.json or one of the names {}; looked in {}",
                  name_or_path, fmt::join(names, ", "), fmt::join(searched, ", ")));
}

fs::path find_encoder(const fs::path& folder, const std::string& name) {
  const bool is_below = !name.empty() && fs::exists(folder / name / "model.json");
  return is_below ? folder / name : find_model(name);
}

std::vector<ModelDescription> list_models() {
  std::vector<ModelDescription> models;
  const auto known = [&models](const std::string& name) {
    return std::any_of(models.begin(), models.end(), [&](const auto& model) { return model.name == name; });
  };
  for (const auto& folder : model_search_path()) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (!fs::exists(entry.path() / "model.json")) continue;
      try {
        auto model = read_model_folder(entry.path());
        if (!known(model.name)) models.push_back(std::move(model));
      } catch (const Error&) {
        continue;  // `qamro model inspect` on that folder tells what is wrong with it
      }
    }
  }
  std::sort(models.begin(), models.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return models;
}

}  // namespace qamro::predictors
