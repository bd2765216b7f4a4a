#include "qamro/training/fold.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/json_reader.h"
#include "qamro/statistics/label_means.h"

namespace qamro::training {
namespace {

at::Tensor rows(const at::Tensor& values, const std::vector<std::int64_t>& clips) {
  return values.index_select(0, at::tensor(clips, at::kLong));
}

// labels: [n, axes], NaN where missing.
std::vector<heads::TargetTransform> fit_transforms(const Recipe& recipe, const at::Tensor& labels) {
  std::vector<heads::TargetTransform> transforms;
  for (std::int64_t axis = 0; axis < labels.size(1); ++axis) {
    const at::Tensor column = labels.select(1, axis);
    const at::Tensor known = column.masked_select(at::isfinite(column));
    if (known.numel() == 0)
      throw InvalidInput(fmt::format("axis '{}': a training part has no labels",
                                     recipe.data.axes[static_cast<std::size_t>(axis)]));
    heads::TargetTransform transform;
    if (recipe.model.head_kind == HeadKind::kMlp && recipe.model.bounded)
      transform.bounds = recipe.data.output_scale;
    if (recipe.data.standardise_labels) {
      transform.mean = known.mean().item<double>();
      const auto std = (known - transform.mean).square().mean().sqrt().item<double>();
      if (std > 0.0) transform.std = std;
    }
    transforms.push_back(transform);
  }
  return transforms;
}

// Numbers 0, 1, … of the distinct names, in order of first appearance; empty if any clip has no name.
std::vector<std::int64_t> numbers_of(const std::vector<std::string>& names,
                                     const std::vector<std::int64_t>& clips) {
  std::map<std::string, std::int64_t> known;
  std::vector<std::int64_t> numbers;
  for (const std::int64_t clip : clips) {
    if (names.empty() || names[static_cast<std::size_t>(clip)].empty()) return {};
    numbers.push_back(known.emplace(names[static_cast<std::size_t>(clip)], std::ssize(known)).first->second);
  }
  return numbers;
}

Examples examples_of(const Dataset& dataset, const std::vector<std::int64_t>& clips) {
  if (clips.empty()) return {};
  return {clips, rows(dataset.labels, clips).to(at::kFloat), numbers_of(dataset.systems, clips),
          numbers_of(dataset.pair_groups, clips),
          dataset.pair_weights.defined() ? rows(dataset.pair_weights, clips) : at::Tensor()};
}

}  // namespace

PreparedFold prepare_fold(const Recipe& recipe, const Dataset& dataset, const Fold& fold) {
  PreparedFold prepared;
  prepared.transforms = fit_transforms(recipe, rows(dataset.labels, fold.train));
  prepared.train = examples_of(dataset, fold.train);
  prepared.validation = examples_of(dataset, fold.validation);
  prepared.test_clips = fold.test;
  if (recipe.model.head_kind != HeadKind::kMlp) {
    prepared.inputs = dataset.embeddings;
    return prepared;
  }
  prepared.standardiser = heads::Standardiser::fit(rows(dataset.embeddings, fold.train));
  prepared.inputs = prepared.standardiser.apply(dataset.embeddings);
  if (!fold.test.empty()) {
    prepared.test_embeddings = rows(dataset.embeddings, fold.test);
    prepared.test_inputs = rows(prepared.inputs, fold.test);
  }
  return prepared;
}

std::optional<heads::Familiarity> fit_familiarity(const Recipe& recipe,
                                                  const std::vector<PreparedFold>& folds) {
  if (!recipe.model.fallback_column) return std::nullopt;
  std::vector<at::Tensor> distances;
  std::int64_t dim = 0;
  for (const PreparedFold& fold : folds) {
    if (!fold.test_inputs.defined()) continue;
    distances.push_back(heads::distance_from_training(fold.test_inputs));
    dim = fold.test_inputs.size(1);
  }
  const std::int64_t column = *recipe.model.fallback_column + (*recipe.model.fallback_column < 0 ? dim : 0);
  if (distances.empty() || column < 0 || column >= dim)
    throw InvalidInput(fmt::format("model.fallback_column: expected a column of the embedding's {}, got {}",
                                   dim, *recipe.model.fallback_column));
  const auto radius = at::quantile(at::cat(distances), recipe.model.familiar_quantile).item<double>();
  return heads::Familiarity{std::max(radius, 1e-6), column};
}

namespace {

using Json = nlohmann::ordered_json;

FoldResult from_json(const Json& json, const std::string& fingerprint, std::array<std::int64_t, 2> shape) {
  if (json.at("fingerprint") != fingerprint) throw InvalidInput("it belongs to another recipe or data set");
  const auto values = json.at("predictions").get<std::vector<double>>();
  if (static_cast<std::int64_t>(values.size()) != shape[0] * shape[1])
    throw InvalidInput(fmt::format("expected {} predictions, got {}", shape[0] * shape[1], values.size()));
  FoldResult result;
  result.fit = {json.at("best_epoch").get<std::int64_t>(), json.at("epochs").get<std::int64_t>(),
                std::nullopt, json.value("best_validation_epoch", std::int64_t{0})};
  if (!json.at("best_value").is_null()) result.fit.best_value = json.at("best_value").get<double>();
  result.predictions = at::tensor(values, at::kDouble).view(shape);
  return result;
}

}  // namespace

std::optional<FoldResult> load_fold_result(const std::filesystem::path& folder,
                                           const std::string& fingerprint,
                                           std::array<std::int64_t, 2> shape) {
  const std::filesystem::path path = folder / "result.json";
  if (folder.empty() || !std::filesystem::exists(path)) return std::nullopt;
  try {
    return from_json(io::read_json(path), fingerprint, shape);
  } catch (const std::exception& error) {
    throw CheckpointError(fmt::format("{}: cannot resume: {}", path.string(), error.what()));
  }
}

void save_fold_result(const std::filesystem::path& folder, const std::string& fingerprint,
                      const FoldResult& result, bool keep_checkpoints) {
  const at::Tensor flat = result.predictions.contiguous().view(-1);
  const std::vector<double> values(flat.const_data_ptr<double>(),
                                   flat.const_data_ptr<double>() + flat.numel());
  const Json json = {{"fingerprint", fingerprint},
                     {"best_epoch", result.fit.best_epoch},
                     {"epochs", result.fit.epochs},
                     {"best_validation_epoch", result.fit.best_validation_epoch},
                     {"best_value", result.fit.best_value ? Json(*result.fit.best_value) : Json(nullptr)},
                     {"predictions", values}};
  io::AtomicFile file(folder / "result.json");
  file.stream() << json.dump() << '\n';
  file.commit();
  if (!keep_checkpoints) drop_checkpoint(folder);
}

void drop_checkpoint(const std::filesystem::path& folder) {
  std::filesystem::remove(folder / "last.safetensors");
}

namespace {

// `systems_of_clips`: "" means that the clip's system is not known.
void predict_fold(const Dataset& dataset, const std::vector<std::string>& systems_of_clips, const Fold& fold,
                  std::int64_t axis, at::Tensor& predictions) {
  const auto labels = dataset.labels.accessor<double, 2>();
  std::vector<double> train_labels;
  std::vector<std::string> train_systems;
  for (const std::int64_t clip : fold.train) {
    train_labels.push_back(labels[clip][axis]);
    train_systems.push_back(systems_of_clips[static_cast<std::size_t>(clip)]);
  }
  const statistics::LabelMeans means(train_labels, train_systems);
  for (const std::int64_t clip : fold.test)
    predictions[clip][axis] = means.of_system(systems_of_clips[static_cast<std::size_t>(clip)]);
}

at::Tensor predict_all(const Dataset& dataset, const std::vector<std::string>& systems_of_clips,
                       const std::vector<Fold>& folds) {
  at::Tensor predictions = at::full_like(dataset.labels, std::numeric_limits<double>::quiet_NaN());
  for (std::int64_t axis = 0; axis < dataset.labels.size(1); ++axis)
    for (const Fold& fold : folds) predict_fold(dataset, systems_of_clips, fold, axis, predictions);
  return predictions;
}

}  // namespace

at::Tensor lookup_baseline(const Dataset& dataset, const std::vector<Fold>& folds) {
  return predict_all(dataset, dataset.systems, folds);
}

at::Tensor constant_baseline(const Dataset& dataset, const std::vector<Fold>& folds) {
  return predict_all(dataset, std::vector<std::string>(dataset.paths.size()), folds);
}

}  // namespace qamro::training
