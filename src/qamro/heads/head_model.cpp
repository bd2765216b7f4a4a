#include "qamro/heads/head_model.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <utility>

#include "qamro/audio/sound_source.h"
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
  io::write_json(folder / "model.json", document(sha256));
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

std::optional<Familiarity> familiarity_from_json(const io::JsonSettings& document, std::int64_t input_dim) {
  constexpr double kLargestRadius = 1e9;
  if (!document.has("familiarity") || document.json().at("familiarity").is_null()) return std::nullopt;
  const io::JsonSettings settings = document.part("familiarity");
  return Familiarity{settings.required_in_range("radius", {0, kLargestRadius, /*without_low=*/true}),
                     settings.required_in_range("fallback_column", 0, input_dim - 1)};
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

constexpr std::int64_t kWidestInput = 1 << 20;
constexpr std::int64_t kWidestLayer = 1 << 16;
constexpr std::int64_t kLargestEnsemble = 10'000;

MlpHeadOptions head_options(const io::JsonSettings& settings) {
  const auto hidden = settings.required_list("hidden", 2, 1, kWidestLayer);
  const auto name = settings.required<std::string>("activation");
  const auto activation = value_named<Activation>(name);
  if (!activation)
    throw CheckpointError(
        fmt::format("{}: activation: expected {}, got '{}'", settings.where(), "relu, gelu or none", name));
  return {.input_dim = settings.required_in_range("input", 1, kWidestInput),
          .hidden = {hidden[0], hidden[1]},
          .activation = *activation};
}

// Returns the ensemble's size.
std::size_t from_json(const Json& json, const std::string& file, HeadModel& model) {
  const io::JsonSettings settings(json, file);
  if (const auto kind = settings.required<std::string>("kind"); kind != "heads")
    throw CheckpointError(fmt::format("{}: kind: expected heads, got '{}'", file, kind));
  settings.required_in_range("format_version", kFormatVersion, kFormatVersion);
  const io::JsonSettings encoder = settings.part("encoder");
  model.name = settings.optional<std::string>("name", "");
  model.encoder = {encoder.required<std::string>("model"), encoder.required<std::string>("sha256"),
                   settings.required<std::string>("embedding_layout"),
                   settings.required_in_range("sample_rate_hz", audio::kLowestRateHz, audio::kHighestRateHz),
                   settings.required<std::string>("mono_policy")};
  model.axes = axes_from_json(settings);
  model.head = head_options(settings.part("heads"));
  model.familiarity = familiarity_from_json(settings, model.head.input_dim);
  model.provenance = json.value("provenance", Json::object());
  return static_cast<std::size_t>(settings.part("heads").required_in_range("ensemble", 1, kLargestEnsemble));
}

// Checked before anything of these sizes is made.
void expect_heads(const io::StateDict& tensors, const HeadModel& model, std::size_t ensemble,
                  const std::string& file) {
  const std::array<std::int64_t, 4> sizes = {model.head.input_dim, model.head.hidden[0], model.head.hidden[1],
                                             1};
  io::TensorShapes shapes;
  for (const HeadAxis& axis : model.axes)
    for (std::size_t member = 0; member < ensemble; ++member)
      for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
        const std::string name = fmt::format("{}layers.{}.", tensor_prefix(axis.name, member, ensemble), i);
        shapes.emplace(name + "weight", std::vector{sizes[i + 1], sizes[i]});
        shapes.emplace(name + "bias", std::vector{sizes[i + 1]});
      }
  io::expect_tensors(tensors, shapes, file);
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

TargetTransform transform_from_json(const io::JsonSettings& settings) {
  return {settings.required_in_range("mean", {-kScaleLimit, kScaleLimit}),
          settings.required_in_range("std", {0, kScaleLimit, /*without_low=*/true})};
}

namespace {

HeadAxis axis_from_json(const io::JsonSettings& settings) {
  HeadAxis axis;
  axis.name = settings.required<std::string>("name");
  axis.scale = settings.required_interval("scale", kScaleLimit, kLeastScale);
  axis.label_scale = settings.has("label_scale")
                         ? settings.required_interval("label_scale", kScaleLimit, kLeastScale)
                         : axis.scale;
  const io::JsonSettings transform = settings.part("target_transform");
  const auto kind = transform.required<std::string>("kind");
  if (kind != "affine" && kind != "bounded")
    throw CheckpointError(
        fmt::format("{}: expected kind 'affine' or 'bounded', got \"{}\"", transform.where(), kind));
  axis.target_transform = transform_from_json(transform);
  if (kind == "bounded") axis.target_transform.bounds = axis.scale;
  return axis;
}

}  // namespace

std::vector<HeadAxis> axes_from_json(const io::JsonSettings& document) {
  std::vector<HeadAxis> axes;
  std::vector<std::string> names;
  for (const io::JsonSettings& entry : document.entries("axes")) {
    axes.push_back(axis_from_json(entry));
    names.push_back(axes.back().name);
  }
  try {
    check_axis_names(names);
  } catch (const InvalidInput& error) {
    throw CheckpointError(fmt::format("{}: axes: {}", document.where(), error.what()));
  }
  return axes;
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
  const std::size_t ensemble = from_json(io::read_json(json_path), json_path.string(), model);
  const std::string file = (folder / kWeightsFile).string();
  io::StateDict tensors = io::load_safetensors(file);
  const std::vector<std::int64_t> embedding_shape = {model.head.input_dim};
  model.standardiser = {take(tensors, "embedding.mean", embedding_shape, file),
                        take(tensors, "embedding.std", embedding_shape, file)};
  expect_heads(tensors, model, ensemble, file);
  std::vector<std::string> names;
  for (const HeadAxis& axis : model.axes) names.push_back(axis.name);
  for (std::size_t member = 0; member < ensemble; ++member) model.members.emplace_back(model.head, names, 0);
  const at::NoGradGuard no_grad;
  for (auto& [key, parameter] : named_tensors(model.members))
    parameter.copy_(take(tensors, key, parameter.sizes(), file));
  return model;
}

}  // namespace qamro::heads
