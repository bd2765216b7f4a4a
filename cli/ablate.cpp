#include "cli/ablate.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cli/ablation_report.h"
#include "cli/exit_code.h"
#include "cli/recipe_options.h"
#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/io/atomic_file.h"
#include "qamro/training/cross_validation.h"
#include "qamro/training/lookup_baseline.h"
#include "qamro/training/run_folder.h"

namespace qamro::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Variant {
  std::string name;
  training::Recipe recipe;
  std::filesystem::path folder;
};

// Scores of all clips by one model or baseline, [n, axes].
struct NamedScores {
  std::string name;
  at::Tensor scores;
};

std::string folder_name(std::size_t number, const std::string& name) {
  std::string result = std::to_string(number + 1);
  bool gap = true;
  for (const char c : name) {
    const bool is_kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_kept && gap) result += '_';
    if (is_kept) result += c;
    gap = !is_kept;
  }
  return result;
}

std::vector<Variant> make_variants(const training::Recipe& recipe, const std::filesystem::path& output) {
  std::vector<Variant> variants;
  std::set<std::string> names;
  for (const training::AblationVariant& row : training::ablation_variants(recipe)) {
    if (!names.insert(row.name).second)
      throw InvalidInput(fmt::format("ablate: two variants are named '{}'", row.name));
    Variant variant{row.name, recipe, output / folder_name(variants.size(), row.name)};
    variant.recipe.trainer.losses = row.losses;
    variant.recipe.validate();
    variants.push_back(std::move(variant));
  }
  return variants;
}

std::vector<NamedScores> train_variants(const std::vector<Variant>& variants,
                                        const training::Dataset& dataset,
                                        const std::vector<training::Fold>& folds, bool resume) {
  const training::Recipe& recipe = variants.front().recipe;
  const auto runs = static_cast<std::int64_t>(variants.size() * recipe.seeds.size() * folds.size());
  Progress progress("ablation", runs * recipe.trainer.max_epochs, "epochs");
  std::vector<NamedScores> scores;
  for (const Variant& variant : variants) {
    const training::ExecutionOptions execution{recipe.threads, variant.folder, resume, false,
                                               progress_callback(progress)};
    const auto result = training::cross_validate(variant.recipe, dataset, folds, execution);
    training::write_out_of_fold(variant.folder, variant.recipe, dataset, result);
    scores.push_back({variant.name, result.out_of_fold});
  }
  return scores;
}

// Other models' scores from the label file, which stand for the first axis, and the look-up table.
void add_baselines(const training::Recipe& recipe, const training::Dataset& dataset,
                   const std::vector<training::Fold>& folds, std::vector<NamedScores>& scores) {
  for (std::size_t i = 0; i < recipe.ablate.baseline_columns.size(); ++i) {
    at::Tensor table = at::full_like(dataset.labels, std::numeric_limits<double>::quiet_NaN());
    table.select(1, 0).copy_(dataset.baselines.select(1, static_cast<std::int64_t>(i)));
    scores.push_back({recipe.ablate.baseline_columns[i] + " as it is", table});
  }
  if (std::find(dataset.systems.begin(), dataset.systems.end(), "") == dataset.systems.end())
    scores.push_back({"look-up: mean of the system, no audio", training::lookup_baseline(dataset, folds)});
}

std::vector<double> column(const at::Tensor& table, std::int64_t axis,
                           const std::vector<std::int64_t>& clips) {
  const at::Tensor values = table.select(1, axis).index_select(0, at::tensor(clips, at::kLong)).contiguous();
  return {values.const_data_ptr<double>(), values.const_data_ptr<double>() + values.numel()};
}

std::vector<std::string> choose(const std::vector<std::string>& values,
                                const std::vector<std::int64_t>& clips) {
  std::vector<std::string> chosen;
  for (const std::int64_t clip : clips) chosen.push_back(values[static_cast<std::size_t>(clip)]);
  return chosen;
}

AblationScope compare(const training::Recipe& recipe, const training::Dataset& dataset,
                      const std::vector<NamedScores>& scores, std::int64_t axis, std::string title,
                      const std::vector<std::int64_t>& clips) {
  evaluation::ComparisonData data;
  data.label = column(dataset.labels, axis, clips);
  for (const NamedScores& model : scores) {
    std::vector<double> predictions = column(model.scores, axis, clips);
    const bool is_empty =
        std::all_of(predictions.begin(), predictions.end(), [](double v) { return std::isnan(v); });
    if (is_empty) continue;  // a baseline of another axis
    data.models.push_back(model.name);
    data.predictions.push_back(std::move(predictions));
  }
  const bool has_systems =
      std::find(dataset.systems.begin(), dataset.systems.end(), "") == dataset.systems.end();
  if (has_systems) data.systems = choose(dataset.systems, clips);
  data.groups = choose(dataset.groups, clips);
  evaluation::BootstrapOptions bootstrap;
  bootstrap.resamples = recipe.ablate.bootstrap_resamples;
  return {recipe.data.axes[static_cast<std::size_t>(axis)], std::move(title),
          evaluation::compare_models(data, 0, bootstrap)};
}

std::vector<std::int64_t> clips_without(const training::Dataset& dataset,
                                        const std::vector<std::string>& excluded) {
  for (const std::string& system : excluded)
    if (std::find(dataset.systems.begin(), dataset.systems.end(), system) == dataset.systems.end())
      throw InvalidInput(fmt::format("ablate.exclude_systems: no clip has the system '{}'", system));
  std::vector<std::int64_t> clips;
  for (std::int64_t clip = 0; clip < dataset.size(); ++clip)
    if (std::find(excluded.begin(), excluded.end(), dataset.systems[static_cast<std::size_t>(clip)]) ==
        excluded.end())
      clips.push_back(clip);
  return clips;
}

std::vector<AblationScope> compare_all(const training::Recipe& recipe, const training::Dataset& dataset,
                                       const std::vector<NamedScores>& scores) {
  std::vector<AblationScope> scopes;
  const auto& excluded = recipe.ablate.exclude_systems;
  for (std::int64_t axis = 0; axis < dataset.labels.size(1); ++axis) {
    scopes.push_back(compare(recipe, dataset, scores, axis, "all clips", clips_without(dataset, {})));
    if (!excluded.empty())
      scopes.push_back(compare(recipe, dataset, scores, axis,
                               fmt::format("without {}", fmt::join(excluded, ", ")),
                               clips_without(dataset, excluded)));
  }
  return scopes;
}

std::string fingerprint_of(const std::vector<Variant>& variants, const training::Dataset& dataset) {
  std::string all;
  for (const Variant& variant : variants) all += training::run_fingerprint(variant.recipe, dataset);
  return sha256_hex(all);
}

int run(const RecipeOptions& options) {
  const training::Recipe recipe = options.load();
  const training::Dataset dataset = training::load_dataset(recipe);
  const auto folds = training::make_folds(recipe, dataset);
  clips_without(dataset,
                recipe.ablate.exclude_systems);  // a wrong name is told before the work, not after it
  const std::filesystem::path output = options.output;
  const std::vector<Variant> variants = make_variants(recipe, output);
  training::open_run_folder(output, recipe, fingerprint_of(variants, dataset), options.resume);
  std::vector<NamedScores> scores = train_variants(variants, dataset, folds, options.resume);
  add_baselines(recipe, dataset, folds, scores);
  const std::vector<AblationScope> scopes = compare_all(recipe, dataset, scores);

  io::AtomicFile json(output / "ablation.json");
  json.stream() << Json{{"provenance", training::provenance(recipe, dataset)},
                        {"folds", folds.size()},
                        {"interval_over", recipe.split.group},
                        {"bootstrap_resamples", recipe.ablate.bootstrap_resamples},
                        {"results", ablation_json(scopes)}}
                       .dump(2)
                << '\n';
  json.commit();
  io::AtomicFile csv(output / "ablation.csv");
  write_ablation_csv(csv.stream(), scopes);
  csv.commit();
  fmt::print(
      "{} clips, {} folds by {}, {} seeds averaged; every clip is scored by heads that have not seen its "
      "{}.\n\n{}",
      dataset.size(), folds.size(), recipe.split.group, recipe.seeds.size(), recipe.split.group,
      render_ablation(scopes, recipe.split.group));
  return ExitCode::kAllDone;
}

}  // namespace

std::function<int()> add_ablate_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("ablate", "Train with several losses on the same folds and compare them");
  const auto options = std::make_shared<RecipeOptions>();
  options->add_to(*command);
  command->footer(
      "Rows by default: regression only; + fixed margin (Eq. 1); + adaptive margin (Eq. 2); + quality "
      "weighting\n"
      "(QAMRO, Eq. 3). Writes ablation.json, ablation.csv and each row's out_of_fold.csv into the output "
      "folder.\n"
      "Example: qamro ablate examples/neural_codecs/recipe.toml --output ablation");
  return [options] { return run(*options); };
}

}  // namespace qamro::cli
