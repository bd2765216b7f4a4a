#include "qamro/predictors/model_conversion.h"

#include <fmt/format.h>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/core/version.h"
#include "qamro/encoders/distillmos/state_dict.h"
#include "qamro/hub/published_models.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/safetensors.h"
#include "qamro/predictors/audiobox_model.h"
#include "qamro/predictors/distillmos_encoder.h"
#include "qamro/predictors/published_file.h"
#include "qamro/predictors/registry.h"

namespace qamro::predictors {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Origin {
  Json provenance;
  std::string licence;
};

Origin origin_of(const ModelDescription& published) {
  const std::string sha256 = sha256_file(published.weights);
  Origin origin{{{"converted_from", published.weights.filename().string()}, {"sha256", sha256}}, ""};
  if (const auto known = hub::find_published_file(sha256)) {
    origin.provenance["published_as"] =
        fmt::format("{}@{}: {}", known->file->repository, known->file->revision, known->file->path);
    origin.licence = known->model->licence;
  }
  return origin;
}

void convert_audiobox(const ModelDescription& published, const Origin& origin, const std::string& name,
                      const fs::path& folder) {
  AudioboxModel model = load_audiobox_model(published);
  model.name = name;
  model.licence = origin.licence;
  model.provenance = origin.provenance;
  save_audiobox_model(folder, model);
}

void convert_distillmos(const ModelDescription& published, const Origin& origin, const std::string& name,
                        const fs::path& folder) {
  const io::StateDict tensors = load_encoder_state(published);
  encoders::distillmos::module_from_state_dict(tensors, published.weights.string());  // all fits
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) throw FileError(fmt::format("{}: {}", folder.string(), failure.message()));
  const fs::path weights = folder / "model.safetensors";
  io::save_safetensors(weights, tensors, {{"format", "pt"}});
  Json document = published.document;
  document["name"] = name;
  document["weights"] = weights.filename().string();
  document["sha256"] = sha256_file(weights);
  document["licence"] = origin.licence;
  document["qamro_version"] = version();
  document["provenance"] = origin.provenance;
  io::AtomicFile json(folder / "model.json");
  json.stream() << document.dump(2) << '\n';
  json.commit();
}

}  // namespace

ModelDescription convert_model(const std::string& name_or_path, const fs::path& folder) {
  const fs::path found = find_model(name_or_path);
  if (fs::is_directory(found))
    throw InvalidInput(fmt::format(
        "model '{}': expected a published file, got a folder with a model.json, which is qamro's layout "
        "already",
        name_or_path));
  if (const auto other = model_in(folder))
    throw InvalidInput(
        fmt::format("{}: expected a folder without a model, got {}", folder.string(), other->string()));
  const ModelDescription published = describe_published_file(found);
  const Origin origin = origin_of(published);
  const fs::path absolute = fs::absolute(folder).lexically_normal();
  const std::string name = (absolute.has_filename() ? absolute : absolute.parent_path()).filename().string();
  if (published.kind == "distillmos") {
    convert_distillmos(published, origin, name, folder);
  } else {
    convert_audiobox(published, origin, name, folder);
  }
  return read_model_folder(folder);
}

}  // namespace qamro::predictors
