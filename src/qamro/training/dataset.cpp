#include "qamro/training/dataset.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/data/published_name.h"
#include "qamro/embeddings/embedding_file.h"

namespace qamro::training {
namespace {

using embeddings::EmbeddingSet;
using embeddings::kAudioAndText;
using embeddings::kPooledLayers;
using embeddings::WindowRows;

// Labels of one axis, on the output scale.
std::vector<double> read_axis(const LabelFiles& file, const std::string& column, const DataSection& data) {
  const auto [low, high] = data.label_scale;
  const auto [out_low, out_high] = data.output_scale;
  std::vector<double> values = file.numbers(column);
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (values[row] < low || values[row] > high)
      throw InvalidInput(fmt::format("{}: column '{}': expected a label in data.label_scale [{}, {}], got {}",
                                     file.where(row), column, low, high, values[row]));
    if (data.label_scale != data.output_scale)
      values[row] = out_low + (values[row] - low) * (out_high - out_low) / (high - low);
  }
  return values;
}

// Returns [n] double.
at::Tensor read_weights(const LabelFiles& file, const std::string& column) {
  const std::vector<double> weights = file.numbers(column);
  for (std::size_t row = 0; row < weights.size(); ++row)
    if (!(weights[row] >= 0.0))
      throw InvalidInput(fmt::format("{}: column '{}': expected a weight >= 0, got {}", file.where(row),
                                     column,
                                     std::isnan(weights[row]) ? "nothing" : fmt::format("{}", weights[row])));
  return at::tensor(weights, at::kDouble);
}

// Returns [n, columns], with n rows even if there are no columns.
at::Tensor stack_columns(const std::vector<std::vector<double>>& columns, std::size_t rows) {
  at::Tensor table =
      at::empty({static_cast<std::int64_t>(rows), static_cast<std::int64_t>(columns.size())}, at::kDouble);
  for (std::size_t i = 0; i < columns.size(); ++i)
    table.select(1, static_cast<std::int64_t>(i)).copy_(at::tensor(columns[i], at::kDouble));
  return table;
}

// Row numbers by the clips' names in published data sets. Names that occur twice are left out.
std::unordered_map<std::string, std::int64_t> numbers_of_published_names(
    const std::vector<std::string>& paths) {
  std::unordered_map<std::string, std::int64_t> numbers;
  for (std::size_t i = 0; i < paths.size(); ++i)
    if (const auto name = data::published_name(paths[i]); name && !name->id.empty()) {
      const auto [entry, is_new] = numbers.emplace(name->id, static_cast<std::int64_t>(i));
      if (!is_new) entry->second = -1;
    }
  std::erase_if(numbers, [](const auto& entry) { return entry.second < 0; });
  return numbers;
}

// Returns the embedding number for each label row. The embedding has the same path, or else the same
// published name (lists in the wild leave out MusicEval's prefix or the folder).
std::vector<std::int64_t> join(const LabelFiles& file, const std::vector<std::string>& label_paths,
                               const std::vector<std::string>& embedding_paths,
                               const std::string& embeddings) {
  std::unordered_map<std::string, std::int64_t> number;
  for (std::size_t i = 0; i < embedding_paths.size(); ++i) number.emplace(embedding_paths[i], i);
  const auto by_name = numbers_of_published_names(embedding_paths);
  std::vector<std::int64_t> rows;
  for (std::size_t i = 0; i < label_paths.size(); ++i) {
    auto found = number.find(label_paths[i]);
    if (const auto name = data::published_name(label_paths[i]);
        found == number.end() && name && !name->id.empty())
      if (const auto other = by_name.find(name->id); other != by_name.end())
        found = number.find(embedding_paths[static_cast<std::size_t>(other->second)]);
    if (found == number.end())
      throw InvalidInput(fmt::format("{}: no embedding of '{}' in {} (it has '{}', …)", file.where(i),
                                     label_paths[i], embeddings,
                                     embedding_paths.empty() ? "" : embedding_paths.front()));
    rows.push_back(found->second);
  }
  return rows;
}

// Throws if heads of the recipe's kind cannot read these embeddings.
void check_head_kind(const Recipe& recipe, const Dataset& dataset) {
  const std::string& layout = dataset.encoder.embedding_layout;
  if ((recipe.model.head_kind == HeadKind::kClap) != (layout == kAudioAndText))
    throw InvalidInput(fmt::format(
        "{}: model.head_kind = \"{}\": expected embeddings {} layout {}, got layout '{}'",
        recipe.data.embeddings, name_of(recipe.model.head_kind),
        recipe.model.head_kind == HeadKind::kClap ? "of audio and prompts, in" : "of audio only, not in",
        kAudioAndText, layout));
  const std::string& policy = recipe.model.audio_policy;
  if (!policy.empty() && policy != dataset.audio_policy)
    throw InvalidInput(
        fmt::format("{}: model.audio_policy: expected embeddings made with --audio-policy {}, got '{}'",
                    recipe.data.embeddings, policy, dataset.audio_policy));
  if (recipe.model.head_kind == HeadKind::kClap) return;
  if (recipe.model.head_kind == HeadKind::kMlp) {
    if (!dataset.windows.empty())
      throw InvalidInput(fmt::format(
          "{}: model.head_kind = \"mlp\": expected one embedding per clip, got one per window (layout {})",
          recipe.data.embeddings, dataset.encoder.embedding_layout));
  } else if (dataset.encoder.embedding_layout != kPooledLayers) {
    throw InvalidInput(
        fmt::format("{}: model.head_kind = \"aesthetics\": expected embeddings of layout {}, got '{}'",
                    recipe.data.embeddings, kPooledLayers, dataset.encoder.embedding_layout));
  }
}

// The columns that the recipe names (all must exist), or else those of the usual columns that exist.
std::vector<data::SharedColumn> shared_columns(const LabelFiles& file, const LeakageOptions& options,
                                               const std::vector<std::string>& paths) {
  std::vector<data::SharedColumn> columns;
  if (options.policy == data::LeakagePolicy::kIgnore) return columns;
  for (const std::string& column : options.columns) columns.push_back({column, file.names(column, paths)});
  if (!options.columns.empty()) return columns;
  for (const char* column : {"prompt", "sentence", "recording"})
    if (file.has_names(column, paths)) columns.push_back({column, file.names(column, paths)});
  return columns;
}

// SHA-256 of each clip's rows of embeddings.
std::vector<std::string> digests_of(const at::Tensor& embeddings, const WindowRows& windows,
                                    std::size_t clips) {
  const at::Tensor rows = embeddings.contiguous();
  const auto* bytes = reinterpret_cast<const char*>(rows.const_data_ptr<float>());
  const auto row_bytes = static_cast<std::size_t>(rows.size(1)) * sizeof(float);
  std::vector<std::string> digests;
  for (std::size_t clip = 0; clip < clips; ++clip) {
    const std::size_t begin = windows.empty() ? clip : static_cast<std::size_t>(windows.first[clip]);
    const std::size_t end = windows.empty() ? clip + 1 : static_cast<std::size_t>(windows.first[clip + 1]);
    digests.push_back(sha256_hex({bytes + begin * row_bytes, (end - begin) * row_bytes}));
  }
  return digests;
}

Dataset read_labels(const LabelFiles& file, const Recipe& recipe) {
  const DataSection& data = recipe.data;
  Dataset dataset;
  dataset.paths = file.paths(data);
  dataset.systems = file.has_names(data.system_column, dataset.paths)
                        ? file.names(data.system_column, dataset.paths)
                        : std::vector<std::string>(file.size());
  dataset.groups =
      recipe.split.group == "path" ? dataset.paths : file.names(recipe.split.group, dataset.paths);
  if (!recipe.split.hold_out.empty()) dataset.hold_out = file.names(recipe.split.hold_out, dataset.paths);
  dataset.shared = shared_columns(file, recipe.leakage, dataset.paths);
  if (!data.group_column.empty()) dataset.pair_groups = file.strings(data.group_column);
  if (!data.weight_column.empty()) dataset.pair_weights = read_weights(file, data.weight_column);
  if (recipe.split.kind == SplitKind::kFile) dataset.assignment = file.strings(recipe.split.column);
  if (recipe.split.kind == SplitKind::kLists) dataset.assignment = file.sides();
  std::vector<std::vector<double>> labels;
  for (const std::string& column : data.label_columns) labels.push_back(read_axis(file, column, data));
  dataset.labels = stack_columns(labels, file.size());
  std::vector<std::vector<double>> baselines;
  for (const std::string& column : recipe.ablate.baseline_columns) baselines.push_back(file.numbers(column));
  dataset.baselines = stack_columns(baselines, file.size());

  dataset.labels_sha256 = file.sha256();
  return dataset;
}

}  // namespace

Dataset load_labels(const Recipe& recipe) {
  return read_labels(LabelFiles(recipe.data, recipe.ablate.baseline_columns), recipe);
}

Dataset load_dataset(const Recipe& recipe) {
  const DataSection& data = recipe.data;
  const LabelFiles file(data, recipe.ablate.baseline_columns);
  Dataset dataset = read_labels(file, recipe);
  const EmbeddingSet embeddings = EmbeddingSet::load(data.embeddings);
  const std::vector<std::int64_t> rows = join(file, dataset.paths, embeddings.paths, data.embeddings);
  std::vector<std::int64_t> chosen = rows;
  if (!embeddings.windows.empty()) {
    chosen.clear();
    dataset.windows = embeddings.windows.select(rows, chosen);
  }
  dataset.embeddings = embeddings.embedding.index_select(0, at::tensor(chosen, at::kLong));
  if (recipe.leakage.policy != data::LeakagePolicy::kIgnore)
    dataset.audio_digests = digests_of(dataset.embeddings, dataset.windows, dataset.paths.size());
  if (!embeddings.digests.empty())
    for (const std::int64_t row : rows)
      dataset.clip_digests.push_back(embeddings.digests[static_cast<std::size_t>(row)]);
  dataset.layers = embeddings.source.layers;
  dataset.unlabelled = std::ssize(embeddings.paths) - std::ssize(rows);
  dataset.encoder = embeddings.source.encoder;
  dataset.audio_policy = embeddings.source.audio_policy;
  check_head_kind(recipe, dataset);
  dataset.embeddings_sha256 = sha256_file(data.embeddings);
  return dataset;
}

}  // namespace qamro::training
