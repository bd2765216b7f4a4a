#include "qamro/models/model_conversion.h"

#include <fmt/format.h>

#include <utility>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/hub/published_models.h"
#include "qamro/models/model_kind.h"
#include "qamro/models/published_file.h"
#include "qamro/models/registry.h"

namespace qamro::models {
namespace {

namespace fs = std::filesystem;

Origin origin_of(const ModelDescription& published, std::string name) {
  const std::string sha256 = sha256_file(published.weights);
  Origin origin{
      std::move(name), "", {{"converted_from", published.weights.filename().string()}, {"sha256", sha256}}};
  if (const auto known = hub::find_published_file(sha256)) {
    origin.provenance["published_as"] =
        fmt::format("{}@{}: {}", known->file->repository, known->file->revision, known->file->path);
    origin.licence = known->model->licence;
  }
  return origin;
}

}  // namespace

ModelDescription convert_model(const std::string& name_or_path, const fs::path& folder) {
  const fs::path found = find_model(name_or_path);
  if (fs::is_directory(found))
    throw InvalidInput(fmt::format(
        "model '{}': expected a published file, got a folder with a model.json, which is already in qamro's layout",
        name_or_path));
  if (const auto other = model_in(folder))
    throw InvalidInput(
        fmt::format("{}: expected a folder without a model, got {}", folder.string(), other->string()));
  const ModelDescription published = describe_published_file(found);
  const fs::path absolute = fs::absolute(folder).lexically_normal();
  const std::string name = (absolute.has_filename() ? absolute : absolute.parent_path()).filename().string();
  kind_of(published).convert(published, origin_of(published, name), folder);
  return read_model_folder(folder);
}

}  // namespace qamro::models
