#include "cli/ablate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "cli/ablation_files.h"
#include "cli/ablation_report.h"
#include "cli/ablation_scopes.h"
#include "cli/exit_code.h"
#include "cli/picture.h"
#include "cli/recipe_options.h"
#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/io/atomic_file.h"
#include "qamro/training/cross_validation.h"
#include "qamro/training/run_folder.h"

namespace qamro::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Variant {
  std::string name;
  std::optional<double> preference_factor;
  training::Recipe recipe;
  std::filesystem::path folder;
};

std::string folder_name(std::size_t number, const std::string& name) {
  constexpr std::size_t kMostBytes = 100;
  std::string result = std::to_string(number + 1);
  bool gap = true;
  for (const char c : name.substr(0, kMostBytes)) {
    const bool is_kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_kept && gap) result += '_';
    if (is_kept) result += c;
    gap = !is_kept;
  }
  return result;
}

std::optional<std::size_t> find_reference(const std::vector<Variant>& variants, const std::string& name) {
  for (std::size_t i = 0; i < variants.size(); ++i)
    if (variants[i].name == name && !variants[i].preference_factor) return i;
  return std::nullopt;
}

std::vector<Variant> make_variants(const training::Recipe& recipe, const std::filesystem::path& output) {
  std::vector<Variant> variants;
  std::set<std::string> names;
  for (const training::AblationVariant& row : training::ablation_variants(recipe)) {
    if (!names.insert(row.name).second)
      throw InvalidInput(fmt::format("ablate: two variants are named '{}'", row.name));
    Variant variant{row.name, row.preference_factor, recipe, output / folder_name(variants.size(), row.name)};
    variant.recipe.trainer.losses = row.losses;
    variant.recipe.validate();
    variants.push_back(std::move(variant));
  }
  if (!recipe.ablate.reference.empty() && !find_reference(variants, recipe.ablate.reference))
    throw InvalidInput(fmt::format("ablate.reference: expected the name of a row ({}), got '{}'",
                                   fmt::join(names, ", "), recipe.ablate.reference));
  return variants;
}

std::vector<AblationScores> train_variants(const std::vector<Variant>& variants,
                                           const training::Recipe& recipe, const training::Dataset& dataset,
                                           const std::vector<training::Fold>& folds, bool resume) {
  const auto runs = static_cast<std::int64_t>(variants.size() * recipe.seeds.size() * folds.size());
  Progress progress("ablation", runs * recipe.trainer.max_epochs, "epochs");
  std::vector<training::LossVariant> losses;
  for (const Variant& variant : variants) losses.push_back({variant.recipe.trainer.losses, variant.folder});
  const training::ExecutionOptions execution{recipe.threads, {}, resume, false, progress_callback(progress)};
  const auto results = training::cross_validate_losses(recipe, losses, dataset, folds, execution);
  std::vector<AblationScores> scores;
  for (std::size_t i = 0; i < variants.size(); ++i) {
    training::write_out_of_fold(variants[i].folder, variants[i].recipe, dataset, results[i]);
    scores.push_back({variants[i].name, variants[i].preference_factor, results[i].out_of_fold});
  }
  // Only now: another reference is the same training, and can be had with --resume.
  const auto reference =
      static_cast<std::ptrdiff_t>(find_reference(variants, recipe.ablate.reference).value_or(0));
  std::rotate(scores.begin(), scores.begin() + reference, scores.begin() + reference + 1);
  return scores;
}

std::string fingerprint_of(const std::vector<Variant>& variants, const training::Dataset& dataset) {
  std::string all;
  for (const Variant& variant : variants) all += training::run_fingerprint(variant.recipe, dataset);
  return sha256_hex(all);
}

template <typename Write>
void write_file(const std::filesystem::path& path, const Write& write) {
  io::AtomicFile file(path);
  write(file.stream());
  file.commit();
}

void write_results(const std::filesystem::path& output, const training::Recipe& recipe,
                   const training::Dataset& dataset, std::size_t folds,
                   const std::vector<AblationScope>& scopes) {
  write_file(output / "ablation.json", [&](std::ostream& stream) {
    stream << Json{{"provenance", training::provenance(recipe, dataset)},
                   {"folds", folds},
                   {"interval_over", recipe.split.group},
                   {"bootstrap_resamples", recipe.ablate.bootstrap_resamples},
                   {"results", ablation_json(scopes)}}
                  .dump(2)
           << '\n';
  });
  write_file(output / "ablation.csv", [&](std::ostream& stream) { write_ablation_csv(stream, scopes); });
  write_file(output / "ablation.md", [&](std::ostream& stream) { write_ablation_markdown(stream, scopes); });
  if (recipe.ablate.preference_factors.empty()) return;
  write_file(output / "preference_factor.csv",
             [&](std::ostream& stream) { write_preference_factor_csv(stream, scopes); });
  draw_picture(preference_factor_chart(scopes), output / "preference_factor.svg");
}

int run_ablation(const RecipeOptions& options) {
  const training::Recipe recipe = options.load();
  const training::Dataset dataset = training::load_dataset(recipe);
  const auto folds = training::make_folds(recipe, dataset);
  check_excluded_systems(recipe, dataset);  // a wrong name is told before the work, not after it
  const std::filesystem::path output = options.output;
  const std::vector<Variant> variants = make_variants(recipe, output);
  training::open_run_folder(output, recipe, fingerprint_of(variants, dataset), options.resume);
  std::vector<AblationScores> scores = train_variants(variants, recipe, dataset, folds, options.resume);
  add_baselines(recipe, dataset, folds, scores);
  const std::vector<AblationScope> scopes = compare_scores(recipe, dataset, scores);
  write_results(output, recipe, dataset, folds.size(), scopes);
  fmt::print(
      "{} clips, {} folds by {}, {} seeds averaged; every clip is scored by heads that have not seen its "
      "{}.\n\n{}",
      dataset.size(), folds.size(), recipe.split.group, recipe.seeds.size(), recipe.split.group,
      render_ablation(scopes, recipe.split.group, recipe.ablate.bootstrap_resamples));
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
      "(QAMRO, Eq. 3). Every row's seeds and folds are trained side by side; --resume goes on after a kill.\n"
      "Writes ablation.json, ablation.csv and ablation.md (the paper's Table I), and each row's "
      "out_of_fold.csv.\n"
      "With ablate.preference_factors also preference_factor.csv and .svg (the paper's Fig. 1; drawn by "
      "gnuplot).\n"
      "Examples: qamro ablate examples/neural_codecs/recipe.toml --output ablation\n"
      "          qamro ablate examples/neural_codecs/all_losses.toml --output all_losses");
  return [options] { return run_ablation(*options); };
}

}  // namespace qamro::cli
