#include "qamro/experiments/ablation_run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/experiments/ablation_files.h"
#include "qamro/experiments/ablation_tables.h"
#include "qamro/io/result_file.h"
#include "qamro/training/run_folder.h"

namespace qamro::experiments {
namespace {

using Json = nlohmann::ordered_json;

std::string folder_name(std::size_t number, const std::string& name) {
  constexpr std::size_t kMaxNameBytes = 100;
  std::string result = std::to_string(number + 1);
  bool gap = true;
  for (const char c : name.substr(0, kMaxNameBytes)) {
    const bool is_kept = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (is_kept && gap) result += '_';
    if (is_kept) result += c;
    gap = !is_kept;
  }
  return result;
}

std::optional<std::size_t> find_reference(const std::vector<AblationJob>& jobs, const std::string& name) {
  for (std::size_t i = 0; i < jobs.size(); ++i)
    if (jobs[i].name == name && !jobs[i].preference_factor) return i;
  return std::nullopt;
}

}  // namespace

std::vector<AblationJob> ablation_jobs(const training::Recipe& recipe, const std::filesystem::path& output) {
  std::vector<AblationJob> jobs;
  std::set<std::string> names;
  for (const training::AblationVariant& row : training::ablation_variants(recipe)) {
    if (!names.insert(row.name).second)
      throw InvalidInput(fmt::format("ablate: two variants are named '{}'", row.name));
    AblationJob job{row.name, row.preference_factor, recipe, output / folder_name(jobs.size(), row.name)};
    job.recipe.trainer.losses = row.losses;
    job.recipe.validate();
    jobs.push_back(std::move(job));
  }
  if (!recipe.ablate.reference.empty() && !find_reference(jobs, recipe.ablate.reference))
    throw InvalidInput(fmt::format("ablate.reference: expected the name of a row ({}), got '{}'",
                                   fmt::join(names, ", "), recipe.ablate.reference));
  return jobs;
}

std::string ablation_fingerprint(const std::vector<AblationJob>& jobs, const training::Dataset& dataset) {
  std::string all;
  for (const AblationJob& job : jobs) all += training::run_fingerprint(job.recipe, dataset);
  return sha256_hex(all);
}

std::int64_t max_total_epochs(const std::vector<AblationJob>& jobs,
                              const std::vector<training::Fold>& folds) {
  std::int64_t epochs = 0;
  for (const AblationJob& job : jobs)
    epochs += std::ssize(job.recipe.seeds) * std::ssize(folds) * job.recipe.trainer.max_epochs;
  return epochs;
}

std::vector<AblationScores> train_ablation(const std::vector<AblationJob>& jobs,
                                           const training::Dataset& dataset,
                                           const std::vector<training::Fold>& folds,
                                           const training::ExecutionOptions& options) {
  std::vector<training::LossVariant> losses;
  for (const AblationJob& job : jobs) losses.push_back({job.recipe.trainer.losses, job.folder});
  const training::Recipe& recipe = jobs.front().recipe;
  const auto results = training::cross_validate_losses(recipe, losses, dataset, folds, options);
  std::vector<AblationScores> scores;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    training::write_out_of_fold(jobs[i].folder, jobs[i].recipe, dataset, results[i]);
    scores.push_back({jobs[i].name, jobs[i].preference_factor, results[i].out_of_fold, results[i].per_seed});
  }
  // Done last, because the reference does not affect training: a resumed run may have another one.
  const auto reference =
      static_cast<std::ptrdiff_t>(find_reference(jobs, recipe.ablate.reference).value_or(0));
  std::rotate(scores.begin(), scores.begin() + reference, scores.begin() + reference + 1);
  return scores;
}

void write_ablation_results(const std::filesystem::path& output, const training::Recipe& recipe,
                            const training::Dataset& dataset, std::size_t folds,
                            const std::vector<AblationScope>& scopes) {
  io::write_json(output / "ablation.json", {{"provenance", training::provenance(recipe, dataset)},
                                            {"folds", folds},
                                            {"interval_over", recipe.split.group},
                                            {"bootstrap_resamples", recipe.ablate.bootstrap_resamples},
                                            {"results", ablation_json(scopes)}});
  io::write_result(output / "ablation.csv",
                   [&](std::ostream& stream) { write_ablation_csv(stream, scopes); });
  io::write_result(output / "ablation.md",
                   [&](std::ostream& stream) { write_ablation_markdown(stream, scopes); });
  if (!recipe.ablate.preference_factors.empty())
    io::write_result(output / "preference_factor.csv",
                     [&](std::ostream& stream) { write_preference_factor_csv(stream, scopes); });
}

}  // namespace qamro::experiments
