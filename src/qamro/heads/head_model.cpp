#include "qamro/heads/head_model.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/core/version.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/json_reader.h"
#include "qamro/io/safetensors.h"

namespace qamro::heads {

std::string write_model_files(
    const std::filesystem::path& folder, const io::StateDict& tensors,
    const std::function<nlohmann::ordered_json(const std::string& sha256)>& document) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) throw FileError(fmt::format("{}: {}", folder.string(), failure.message()));
  io::save_safetensors(folder / kWeightsFile, tensors, {{"format", "pt"}});
  std::string sha256 = sha256_file(folder / kWeightsFile);
  io::AtomicFile json(folder / "model.json");
  json.stream() << document(sha256).dump(2) << '\n';
  json.commit();
  return sha256;
}

at::Tensor distance_from_training(const at::Tensor& standardised) {
  return standardised.to(at::kDouble).square().mean(1);
}

at::Tensor Familiarity::share(const at::Tensor& standardised) const {
  return (5.0 - distance_from_training(standardised) * (4.0 / radius)).clamp(0.0, 1.0);
}

at::Tensor Familiarity::blend(const at::Tensor& scores, const at::Tensor& embedding,
                              const at::Tensor& standardised) const {
  const at::Tensor own = embedding.narrow(1, fallback_column, 1).to(at::kDouble);
  const at::Tensor of_heads = share(standardised).unsqueeze(1);
  // If the heads have no share, an overflow in their scores must not come through as NaN.
  return at::where(of_heads > 0, of_heads * scores, 0.0) + (1.0 - of_heads) * own;
}

namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormatVersion = 1;

std::string tensor_prefix(const std::string& axis, std::size_t member, std::size_t members) {
  return members == 1 ? fmt::format("heads.{}.", axis) : fmt::format("heads.{}.{}.", axis, member);
}

// Every parameter of every member with the name it has in model.safetensors.
io::StateDict named_tensors(const std::vector<Heads>& members) {
  io::StateDict named;
  for (std::size_t member = 0; member < members.size(); ++member)
    for (const auto& [name, tensor] : members[member].named_parameters()) {
      const std::size_t dot = name.find('.');
      named.emplace(tensor_prefix(name.substr(0, dot), member, members.size()) + name.substr(dot + 1),
                    tensor);
    }
  return named;
}

at::Tensor take(io::StateDict& tensors, const std::string& name, at::IntArrayRef shape,
                const std::string& file) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) throw CheckpointError(fmt::format("{}: tensor '{}' is missing", file, name));
  const at::Tensor tensor = found->second;
  if (tensor.sizes() != shape || tensor.scalar_type() != at::kFloat)
    throw CheckpointError(fmt::format("{}: tensor '{}': expected float32 [{}], got {} [{}]", file, name,
                                      fmt::join(shape, ", "), c10::toString(tensor.scalar_type()),
                                      fmt::join(tensor.sizes(), ", ")));
  tensors.erase(found);
  return tensor;
}

Json familiarity_to_json(const std::optional<Familiarity>& familiarity) {
  if (!familiarity) return nullptr;
  return {{"radius", familiarity->radius}, {"fallback_column", familiarity->fallback_column}};
}

std::optional<Familiarity> familiarity_from_json(const Json& json, std::int64_t input_dim) {
  if (json.is_null()) return std::nullopt;
  const Familiarity familiarity = {json.at("radius").get<double>(),
                                   json.at("fallback_column").get<std::int64_t>()};
  if (!(familiarity.radius > 0.0))
    throw InvalidInput(
        fmt::format("familiarity.radius: expected a number above 0, got {}", familiarity.radius));
  if (familiarity.fallback_column < 0 || familiarity.fallback_column >= input_dim)
    throw InvalidInput(fmt::format("familiarity.fallback_column: expected a column of {}, got {}", input_dim,
                                   familiarity.fallback_column));
  return familiarity;
}

Json document_of(const HeadModel& model, const std::string& weights_sha256) {
  Json axes = Json::array();
  for (const HeadAxis& axis : model.axes) axes.push_back(to_json(axis));
  return {{"format_version", kFormatVersion},
          {"name", model.name},
          {"kind", "heads"},
          {"weights", kWeightsFile},
          {"sha256", weights_sha256},
          {"encoder", {{"model", model.encoder.model}, {"sha256", model.encoder.sha256}}},
          {"embedding_layout", model.encoder.embedding_layout},
          {"sample_rate_hz", model.encoder.sample_rate_hz},
          {"mono_policy", model.encoder.mono_policy},
          {"axes", axes},
          {"heads",
           {{"input", model.head.input_dim},
            {"hidden", model.head.hidden},
            {"activation", name_of(model.head.activation)},
            {"ensemble", model.members.size()}}},
          {"familiarity", familiarity_to_json(model.familiarity)},
          {"qamro_version", version()},
          {"provenance", model.provenance}};
}

std::size_t from_json(const Json& json, HeadModel& model) {
  if (json.at("kind") != "heads")
    throw InvalidInput("kind: expected \"heads\", got " + json.at("kind").dump());
  if (json.at("format_version").get<int>() != kFormatVersion)
    throw InvalidInput(
        fmt::format("format_version: expected {}, got {}", kFormatVersion, json.at("format_version").dump()));
  model.name = json.value("name", std::string());
  model.encoder = {json.at("encoder").at("model").get<std::string>(),
                   json.at("encoder").at("sha256").get<std::string>(),
                   json.at("embedding_layout").get<std::string>(),
                   json.at("sample_rate_hz").get<std::int64_t>(), json.at("mono_policy").get<std::string>()};
  for (const Json& axis : json.at("axes")) model.axes.push_back(axis_from_json(axis));
  const Json& heads = json.at("heads");
  model.head.input_dim = heads.at("input").get<std::int64_t>();
  model.head.hidden = heads.at("hidden").get<std::array<std::int64_t, 2>>();
  model.head.activation = parse_activation(heads.at("activation").get<std::string>());
  model.familiarity = familiarity_from_json(json.value("familiarity", Json()), model.head.input_dim);
  model.provenance = json.value("provenance", Json::object());
  return heads.at("ensemble").get<std::size_t>();
}

Json read_json(const std::filesystem::path& path) {
  return io::read_json(path);
}

}  // namespace

Json to_json(const HeadAxis& axis) {
  const TargetTransform& transform = axis.target_transform;
  return {{"name", axis.name},
          {"scale", axis.scale},
          {"label_scale", axis.label_scale},
          {"target_transform",
           {{"kind", transform.bounds ? "bounded" : "affine"},
            {"mean", transform.mean},
            {"std", transform.std}}}};
}

HeadAxis axis_from_json(const Json& json) {
  HeadAxis axis;
  axis.name = json.at("name").get<std::string>();
  axis.scale = json.at("scale").get<std::array<double, 2>>();
  axis.label_scale = json.value("label_scale", axis.scale);
  const Json& transform = json.at("target_transform");
  const Json& kind = transform.at("kind");
  if (kind != "affine" && kind != "bounded")
    throw InvalidInput("target_transform: expected kind 'affine' or 'bounded', got " + kind.dump());
  axis.target_transform = {transform.at("mean").get<double>(), transform.at("std").get<double>()};
  if (kind == "bounded") axis.target_transform.bounds = axis.scale;
  return axis;
}

Standardiser Standardiser::fit(const at::Tensor& values) {
  if (values.dim() != 2 || values.size(0) < 1)
    throw InvalidInput(
        fmt::format("standardisation: expected embeddings of shape [n, dim] with n >= 1, got [{}]",
                    fmt::join(values.sizes(), ", ")));
  const at::Tensor precise = values.to(at::kDouble);
  if (!at::isfinite(precise).all().item<bool>())
    throw InvalidInput("standardisation: expected finite embeddings, got NaN or infinity");
  const at::Tensor mean = precise.mean(0);
  const at::Tensor std = (precise - mean).square().mean(0).sqrt();
  // Below this the spread of a dimension is only rounding of its mean, and dividing by it would
  // amplify noise.
  const at::Tensor constant = std <= 1e-6 * mean.abs();
  return {mean.to(at::kFloat), at::where(constant, at::ones_like(std), std).to(at::kFloat)};
}

at::Tensor Standardiser::apply(const at::Tensor& values) const {
  return (values.to(at::kFloat) - mean) / std;
}

at::Tensor TargetTransform::to_label(const at::Tensor& pred) const {
  const at::Tensor label = pred * std + mean;
  if (!bounds) return label;
  const auto [low, high] = *bounds;
  return low + (high - low) * at::sigmoid((label - (low + high) / 2) * (4 / (high - low)));
}

at::Tensor HeadModel::predict(const at::Tensor& embedding) const {
  if (embedding.dim() != 2 || embedding.size(1) != head.input_dim)
    throw InvalidInput(fmt::format("heads: expected embeddings of shape [n, {}], got [{}]", head.input_dim,
                                   fmt::join(embedding.sizes(), ", ")));
  const at::NoGradGuard no_grad;
  const at::Tensor input = standardiser.apply(embedding);
  at::Tensor sum = at::zeros({embedding.size(0), static_cast<std::int64_t>(axes.size())}, at::kDouble);
  for (const Heads& member : members) {
    const at::Tensor training = member.forward(input).to(at::kDouble);
    for (std::int64_t axis = 0; axis < std::ssize(axes); ++axis)
      sum.select(1, axis) +=
          axes[static_cast<std::size_t>(axis)].target_transform.to_label(training.select(1, axis));
  }
  const at::Tensor scores = sum / static_cast<double>(members.size());
  return familiarity ? familiarity->blend(scores, embedding, input) : scores;
}

at::Tensor HeadModel::share(const at::Tensor& embedding) const {
  return familiarity ? familiarity->share(standardiser.apply(embedding))
                     : at::ones({embedding.size(0)}, at::kDouble);
}

void HeadModel::save(const std::filesystem::path& folder) const {
  io::StateDict tensors = {{"embedding.mean", standardiser.mean}, {"embedding.std", standardiser.std}};
  tensors.merge(named_tensors(members));
  write_model_files(folder, tensors, [&](const std::string& sha256) { return document_of(*this, sha256); });
}

HeadModel HeadModel::load(const std::filesystem::path& folder) {
  const std::filesystem::path json_path = folder / "model.json";
  HeadModel model;
  std::size_t ensemble = 0;
  try {
    ensemble = from_json(read_json(json_path), model);
    if (ensemble < 1 || ensemble > 10000 || model.axes.empty())
      throw InvalidInput("heads: expected at least one axis and an ensemble of 1 to 10000");
    model.head.validate();
  } catch (const FileError&) {
    throw;
  } catch (const std::exception& error) {
    throw CheckpointError(fmt::format("{}: not a heads model: {}", json_path.string(), error.what()));
  }
  const std::string file = (folder / kWeightsFile).string();
  io::StateDict tensors = io::load_safetensors(file);
  const std::vector<std::int64_t> embedding_shape = {model.head.input_dim};
  model.standardiser = {take(tensors, "embedding.mean", embedding_shape, file),
                        take(tensors, "embedding.std", embedding_shape, file)};
  std::vector<std::string> names;
  for (const HeadAxis& axis : model.axes) names.push_back(axis.name);
  for (std::size_t member = 0; member < ensemble; ++member) model.members.emplace_back(model.head, names, 0);
  const at::NoGradGuard no_grad;
  for (auto& [key, parameter] : named_tensors(model.members))
    parameter.copy_(take(tensors, key, parameter.sizes(), file));
  if (!tensors.empty())
    throw CheckpointError(fmt::format("{}: unexpected tensor '{}'", file, tensors.begin()->first));
  return model;
}

}  // namespace qamro::heads
