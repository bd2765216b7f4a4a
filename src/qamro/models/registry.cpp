#include "qamro/models/registry.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <link.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <sstream>

#include "qamro/core/error.h"
#include "qamro/hub/environment.h"
#include "qamro/hub/fetch.h"
#include "qamro/models/model_kind.h"

namespace qamro::models {

namespace fs = std::filesystem;

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

namespace {

// Whether a file is named like published weights: *.pt, pytorch_model.bin, or model.safetensors beside
// a config.json.
bool is_published_file(const fs::path& file) {
  if (!fs::is_regular_file(file)) return false;
  return file.extension() == ".pt" || file.filename() == "pytorch_model.bin" ||
         (file.extension() == ".safetensors" && fs::exists(file.parent_path() / "config.json"));
}

ModelDescription describe(const fs::path& found) {
  return fs::is_directory(found) ? read_model_folder(found) : describe_published_file(found);
}

// The models that were installed with libqamro.so, if this code runs inside of it.
std::optional<fs::path> models_of_library() {
  Dl_info info{};
  link_map* object = nullptr;
  const auto* here = reinterpret_cast<const void*>(&models_of_library);
  const bool is_known = ::dladdr1(here, &info, reinterpret_cast<void**>(&object), RTLD_DL_LINKMAP) != 0;
  if (!is_known || object == nullptr || *object->l_name == '\0') return std::nullopt;  // "": the program
  return fs::absolute(object->l_name).parent_path() / QAMRO_MODELS_FROM_LIBRARY;
}

// How to get a published model with this name, unless it has been fetched already.
std::string where_to_get(const std::string& name) {
  const auto* model = hub::find_published_model(name);
  if (model == nullptr || hub::is_fetched(*model)) return "";
  return fmt::format(" ('qamro model fetch {}' downloads it)", name);
}

}  // namespace

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
  if (const auto installed = models_of_library()) folders.push_back(installed->lexically_normal());
  folders.emplace_back(QAMRO_SOURCE_MODELS);
  if (const fs::path fetched = hub::model_store(); !fetched.empty()) folders.push_back(fetched);
  return folders;
}

fs::path find_model(const std::string& name_or_path) {
  const fs::path given(name_or_path);
  if (const auto model = model_in(given)) return *model;
  if (given.filename() == "model.json" && fs::exists(given)) return given.parent_path();
  if (is_published_file(given)) return given;
  for (const auto& folder : model_search_path())
    if (const auto model = name_or_path.empty() ? std::nullopt : model_in(folder / name_or_path))
      return *model;

  std::vector<std::string> names;
  for (const auto& model : list_models()) names.push_back(model.name);
  std::vector<std::string> searched;
  for (const auto& folder : model_search_path()) searched.push_back(folder.string());
  throw InvalidInput(fmt::format(
      "model '{}': expected a folder with a model.json, a published checkpoint or one of the names {}; looked in {}{}",
      name_or_path, fmt::join(names, ", "), fmt::join(searched, ", "), where_to_get(name_or_path)));
}

ModelDescription describe_model(const std::string& name_or_path) {
  return describe(find_model(name_or_path));
}

ModelDescription describe_encoder(const fs::path& folder, const std::string& name) {
  const auto below = name.empty() ? std::nullopt : model_in(folder / name);
  return below ? describe(*below) : describe_model(name);
}

std::vector<ModelDescription> list_models() {
  std::vector<ModelDescription> models;
  const auto known = [&models](const std::string& name) {
    return std::any_of(models.begin(), models.end(), [&](const auto& model) { return model.name == name; });
  };
  for (const auto& folder : model_search_path()) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      const auto path = model_in(entry.path());
      if (!path) continue;
      try {
        auto model = describe(*path);
        if (!known(model.name)) models.push_back(std::move(model));
      } catch (const Error&) {
        continue;  // `qamro model inspect` on that folder says what is wrong with it
      }
    }
  }
  std::sort(models.begin(), models.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return models;
}

}  // namespace qamro::models
