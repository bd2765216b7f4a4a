#include "qamro/models/model_conversion.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/core/random.h"
#include "qamro/core/sha256.h"
#include "qamro/hub/published_models.h"
#include "qamro/io/state_dict.h"
#include "qamro/models/model_kind.h"
#include "qamro/models/predictor.h"
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

namespace {

constexpr std::size_t kMaxNamed = 8;

void check_finite(const io::StateDict& state, const std::string& file) {
  std::vector<std::string> broken;
  for (const auto& [name, tensor] : state) {
    if (!tensor.is_floating_point()) continue;
    const auto bad = tensor.numel() - at::isfinite(tensor).sum().item<std::int64_t>();
    if (bad > 0) broken.push_back(fmt::format("'{}' ({} of {})", name, bad, tensor.numel()));
  }
  if (broken.empty()) return;
  const std::size_t more = broken.size() > kMaxNamed ? broken.size() - kMaxNamed : 0;
  broken.resize(broken.size() - more);
  throw CheckpointError(fmt::format("{}: expected finite numbers, got NaN or infinite ones in {}{}", file,
                                    fmt::join(broken, ", "),
                                    more > 0 ? fmt::format(" and {} more tensors", more) : ""));
}

VerifiedWeights verify_tensors(const ModelDescription& model) {
  VerifiedWeights weights;
  weights.file = model.weights;
  weights.sha256 = verify_weights(model);
  if (!model.sha256.empty()) {
    weights.sha256_is_from = "model.json";
  } else if (const auto known = hub::find_published_file(weights.sha256)) {
    weights.sha256_is_from = known->model->name + " as published";
  }
  const io::StateDict state = model.tensors();
  check_finite(state, model.weights.string());
  weights.tensors = state.size();
  for (const auto& [name, tensor] : state) weights.numbers += tensor.numel();
  return weights;
}

// The same noise for every model and on every machine, about as loud as speech: uniform in ±0.1.
std::vector<float> second_of_noise(int sample_rate_hz) {
  Random random(1);
  std::vector<float> samples(static_cast<std::size_t>(sample_rate_hz));
  for (float& sample : samples) sample = static_cast<float>(0.2 * random.uniform() - 0.1);
  return samples;
}

std::vector<double> score_noise(const Predictor& predictor) {
  const auto& encoder = predictor.encoder();
  const auto samples = second_of_noise(encoder.sample_rate_hz());
  const auto windows = encoder.windows(std::ssize(samples));
  std::vector<std::vector<float>> vectors;
  vectors.reserve(windows.size());
  for (const auto& window : windows)
    vectors.push_back(encoder.encode(std::span(samples).subspan(
        static_cast<std::size_t>(window.start_sample), static_cast<std::size_t>(window.length_samples))));
  std::vector<float> prompt;
  if (predictor.text_encoder() != nullptr) prompt = predictor.text_encoder()->encode("noise");
  auto scores = predictor.score({vectors, windows, prompt});
  for (std::size_t axis = 0; axis < scores.size(); ++axis)
    if (!std::isfinite(scores[axis]))
      throw CheckpointError(fmt::format("{}: {}: expected a finite score for a second of noise, got {}",
                                        predictor.description().weights.string(), predictor.axes()[axis].name,
                                        scores[axis]));
  return scores;
}

}  // namespace

ModelVerification verify_model(const std::string& name_or_path) {
  ModelVerification verification;
  verification.model = describe_model(name_or_path);
  const ModelDescription& model = verification.model;
  verification.weights.push_back(verify_tensors(model));
  if (const auto encoder = kind_of(model).encoder_of(model))
    verification.weights.push_back(verify_tensors(*encoder));
  verification.scores = score_noise(*open_predictor(name_or_path));
  return verification;
}

}  // namespace qamro::models
