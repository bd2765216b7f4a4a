#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "qamro/heads/mlp_head.h"
#include "qamro/io/state_dict.h"

namespace qamro::io {
class JsonSettings;
}  // namespace qamro::io

namespace qamro::heads {

// File name of the weights in model folders that qamro writes.
inline constexpr const char* kWeightsFile = "model.safetensors";

// Writes FOLDER/model.safetensors, and FOLDER/model.json with what document(SHA-256 of the weights) returns.
// Makes the folder if it is missing. Each file is written to a temporary file, then renamed. Returns that
// SHA-256. Throws FileError.
std::string write_model_files(
    const std::filesystem::path& folder, const io::StateDict& tensors,
    const std::function<nlohmann::ordered_json(const std::string& sha256)>& document);

// Distance of an embedding from the training clips: the mean square of its standardised values, [n] double.
// It is about 1 for the clips that the standardiser was fitted on. standardised: [n, dim].
at::Tensor distance_from_training(const at::Tensor& standardised);

// Heads trained on few clips give arbitrary scores for audio unlike those clips. The encoder's own score,
// trained on far more clips, does not. So the heads score near the training clips, the encoder scores far
// from them, and in between the score is a mixture.
struct Familiarity {
  double radius = 0;                 // up to this distance only the heads score; > 0
  std::int64_t fallback_column = 0;  // embedding column of the encoder's own score, on the output scale

  // The heads' share, [n] double: 1 up to `radius`, then falling linearly to 0 at 1.25 times `radius`.
  at::Tensor share(const at::Tensor& standardised) const;

  // scores: [n, axes] double, from the heads; embedding, standardised: [n, dim] → [n, axes].
  at::Tensor blend(const at::Tensor& scores, const at::Tensor& embedding,
                   const at::Tensor& standardised) const;

  bool operator==(const Familiarity&) const = default;
};

// Zero mean and unit variance, fitted on the training clips only. A dimension that is constant there is
// only centred.
struct Standardiser {
  at::Tensor mean;  // [dim] float32
  at::Tensor std;   // [dim] float32, > 0

  // values: [n, dim], n >= 1, finite. Sums in double; divides the variance by n. Throws InvalidInput.
  static Standardiser fit(const at::Tensor& values);
  at::Tensor apply(const at::Tensor& values) const;
};

// A head is trained on (label - mean) / std; {0, 1} leaves the label as it is.
struct TargetTransform {
  double mean = 0.0;
  double std = 1.0;
  // Lowest and highest label, low < high: a score never leaves them, whatever the head says. If empty, it
  // may.
  std::optional<std::array<double, 2>> bounds = {};

  at::Tensor to_training(const at::Tensor& label) const { return (label - mean) / std; }
  // With bounds, x = pred · std + mean becomes low + (high - low) · σ(4 (x - middle) / (high - low)):
  // increasing, so that nothing is tied at the ends, and of slope 1 in the middle.
  at::Tensor to_label(const at::Tensor& pred) const;
  // What a loss on training targets compares them with: pred, or to_training(to_label(pred)) with bounds.
  at::Tensor bounded(const at::Tensor& pred) const { return bounds ? to_training(to_label(pred)) : pred; }
  bool operator==(const TargetTransform&) const = default;
};

struct HeadAxis {
  std::string name;
  std::array<double, 2> scale = {1.0, 5.0};        // of the model's output, lowest and highest label
  std::array<double, 2> label_scale = {1.0, 5.0};  // of the labels as they were collected, mapped linearly
  TargetTransform target_transform;

  bool operator==(const HeadAxis&) const = default;
};

// An axis as written in model.json: {"name", "scale", "label_scale", "target_transform": {"kind", "mean",
// "std"}}, where kind is "affine", or "bounded" to the axis' scale.
nlohmann::ordered_json to_json(const HeadAxis& axis);

// A scale's ends are at most this far from 0, and this far from each other.
inline constexpr double kScaleLimit = 1e6;
inline constexpr double kLeastScale = 1e-6;

// The axes under a document's key "axes", at least one, each name once. Throws CheckpointError that names the
// document, the axis and the key: a scale that is none, a mean beyond kScaleLimit, a std outside
// (0, kScaleLimit], …
std::vector<HeadAxis> axes_from_json(const io::JsonSettings& document);

// The same two numbers, "mean" and "std", elsewhere.
TargetTransform transform_from_json(const io::JsonSettings& settings);

// The embedding that the heads read. The predictor that combines the heads with an encoder checks it.
struct EncoderReference {
  std::string model;   // "distill-mos"
  std::string sha256;  // of the encoder's weights, as the embedding file states it; may be empty
  std::string embedding_layout;
  std::int64_t sample_rate_hz = 16000;
  std::string mono_policy = "mean";

  bool operator==(const EncoderReference&) const = default;
};

// Heads over one frozen embedding: the mean of one or more sets of heads ("members") that differ in their
// seed. The folder has model.json, and model.safetensors with embedding.{mean,std} and heads.<axis>.layers.…
// (one member) or heads.<axis>.<member>.layers.… (several).
class HeadModel {
 public:
  std::string name;
  EncoderReference encoder;
  std::vector<HeadAxis> axes;
  MlpHeadOptions head;
  Standardiser standardiser;
  std::optional<Familiarity> familiarity;  // if empty, only the heads score
  std::vector<Heads> members;
  nlohmann::ordered_json provenance = nlohmann::ordered_json::object();

  // embedding: [n, dim] as the encoder returns it → [n, axes] double, in each axis' output scale. Scores stay
  // within it if the axis' target_transform is bounded. Throws InvalidInput for another shape.
  at::Tensor predict(const at::Tensor& embedding) const;
  // The heads' share in those scores, [n] double; the rest is the encoder's own. 1 without a familiarity.
  at::Tensor share(const at::Tensor& embedding) const;

  // Writes each file to a temporary file, then renames it. Throws FileError.
  void save(const std::filesystem::path& folder) const;
  // Throws FileError if model.json or the weights cannot be read, CheckpointError if the folder is not a
  // heads model, a number of model.json is out of its range (docs/models.md), or a tensor is missing,
  // unexpected or misshapen.
  static HeadModel load(const std::filesystem::path& folder);
};

}  // namespace qamro::heads
