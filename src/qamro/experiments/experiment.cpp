#include "qamro/experiments/experiment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/version.h>

#include <nlohmann/json.hpp>
#include <ostream>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/core/version.h"
#include "qamro/experiments/ablation_files.h"
#include "qamro/experiments/ablation_run.h"
#include "qamro/experiments/ablation_tables.h"
#include "qamro/experiments/experiment_embedding.h"
#include "qamro/experiments/experiment_rows.h"
#include "qamro/experiments/experiment_setup.h"
#include "qamro/experiments/paper_layout.h"
#include "qamro/experiments/preference_peak.h"
#include "qamro/experiments/row_notes.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/command_line.h"

namespace qamro::experiments {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Tables {
  std::vector<AblationScope> scopes;
  std::vector<ScopeSteps> steps;
  std::vector<SeedSpread> seeds;
  std::vector<PreferencePeak> peaks;
};

std::string unit_of(const training::Recipe& recipe) {
  return recipe.split.group == "path" ? "clip" : recipe.split.group;
}

Json missing_json(const std::vector<Missing>& missing) {
  Json list = Json::array();
  for (const Missing& one : missing)
    list.push_back({{"what", one.what}, {"where", one.where}, {"how", one.how}});
  return list;
}

void write_labels(const ExperimentSetup& setup, const fs::path& output) {
  std::error_code failure;
  fs::create_directories(output, failure);
  if (failure) throw FileError(fmt::format("{}: {}", output.string(), failure.message()));
  io::write_result(output / "labels.csv", [&](std::ostream& stream) { stream << setup.data.csv(); });
}

// Returns whether there are embeddings now. Broken audio counts as missing.
bool embed(ExperimentSetup& setup, const ExperimentOptions& options, const ExperimentObserver& observer) {
  if (!setup.missing.empty()) return false;
  const std::vector<std::string> failures = embed_experiment(setup, options, observer);
  if (failures.empty()) return true;
  setup.missing.push_back(
      {fmt::format("audio of {} of {} clips, which cannot be read ({}{})", failures.size(),
                   setup.data.rows.size(), failures.front(), failures.size() > 1 ? ", …" : ""),
       setup.data.audio_folder.string(), "from " + setup.data.source});
  return false;
}

void write_tables(const ExperimentSetup& setup, const ExperimentOptions& options, const ExperimentRows& rows,
                  const Tables& tables) {
  const training::Recipe& recipe = setup.recipe;
  io::write_json(options.output / "results.json", {{"experiment", name_of(options.experiment)},
                                                   {"clips", rows.dataset.size()},
                                                   {"folds", rows.folds.size()},
                                                   {"interval_over", unit_of(recipe)},
                                                   {"bootstrap_resamples", recipe.ablate.bootstrap_resamples},
                                                   {"permutations", recipe.ablate.permutations},
                                                   {"results", ablation_json(tables.scopes)},
                                                   {"steps", steps_json(tables.steps)},
                                                   {"preference_factor_peaks", peaks_json(tables.peaks)},
                                                   {"single_seeds", seeds_json(tables.seeds)},
                                                   {"notes", rows.notes},
                                                   {"rows_left_out", rows.left_out},
                                                   {"missing", missing_json(setup.missing)}});
  io::write_result(options.output / "results.csv",
                   [&](std::ostream& stream) { write_ablation_csv(stream, tables.scopes); });
  io::write_result(options.output / "results.md",
                   [&](std::ostream& stream) { write_ablation_markdown(stream, tables.scopes, rows.notes); });
}

void write_record(const ExperimentSetup& setup, const ExperimentOptions& options) {
  Json labels = Json::array();
  for (const fs::path& file : setup.data.label_files)
    labels.push_back({{"file", file.string()}, {"sha256", sha256_file(file)}});
  Json encoder = {{"model", setup.model}, {"layout", setup.layout}};
  encoder["sha256"] = setup.encoder ? Json(models::verify_weights(*setup.encoder)) : Json(nullptr);
  const std::string digest = embedding_digest(options);
  io::write_json(
      options.output / "experiment.json",
      {{"experiment", name_of(options.experiment)},
       {"command", command_line(options)},
       {"qamro_version", version()},
       {"torch_version", TORCH_VERSION},
       {"data", {{"kind", name_of(setup.data.kind)}, {"source", setup.data.source}, {"files", labels}}},
       {"labels_sha256", sha256_file(options.output / "labels.csv")},
       {"encoder", encoder},
       {"audio_and_encoder_sha256", digest.empty() ? Json(nullptr) : Json(digest)},
       {"quick", options.quick},
       {"seeds", setup.recipe.seeds},
       {"recipe_sha256", training::recipe_fingerprint(setup.recipe)},
       {"recipe", training::recipe_to_toml(setup.recipe)},
       {"missing", missing_json(setup.missing)}});
}

// Writes the table in the paper's layout, if the experiment has one, and returns its text.
std::string write_paper_table(const ExperimentSetup& setup, const ExperimentOptions& options,
                              const ExperimentRows& rows, const Tables& tables) {
  if (setup.paper == nullptr) return "";
  PaperLayout layout = lay_out(*setup.paper, tables.scopes);
  layout.notes = rows.notes;
  const fs::path file = options.output / name_of(options.experiment);
  const auto with = [&](const char* extension) { return fs::path(file.string() + extension); };
  io::write_json(with(".json"), layout_json(layout));
  io::write_result(with(".csv"), [&](std::ostream& stream) { write_csv(stream, layout); });
  io::write_result(with(".md"), [&](std::ostream& stream) { write_markdown(stream, layout); });
  return render(layout);
}

bool has_factors(const Tables& tables) {
  return !tables.scopes.empty() && !tables.scopes.front().factors.empty();
}

std::string left_out_text(const ExperimentSetup& setup, const ExperimentRows& rows) {
  if (setup.missing.empty()) return "";
  std::string text = fmt::format("\nNot made: {}.\n", fmt::join(rows.left_out, "; "));
  for (const Missing& one : setup.missing)
    text +=
        fmt::format("  missing: {}\n    looked for in {}\n    get it: {}\n", one.what, one.where, one.how);
  return text + "  The same command makes these rows once nothing is missing.\n";
}

std::string render_experiment(const ExperimentSetup& setup, const ExperimentRows& rows, const Tables& tables,
                              const std::string& paper_table) {
  const training::Recipe& recipe = setup.recipe;
  std::string text = fmt::format("{} rated clips, {} fold{}, {} seed{} averaged\n\n", rows.dataset.size(),
                                 rows.folds.size(), rows.folds.size() == 1 ? "" : "s", recipe.seeds.size(),
                                 recipe.seeds.size() == 1 ? "" : "s");
  text += paper_table;
  text += render_peaks(tables.peaks);  // before the utterances of the tables, since the paper judges systems
  const TestedUnits units{unit_of(recipe), recipe.ablate.permutations};
  text += render_ablation(tables.scopes, units, recipe.ablate.bootstrap_resamples) + "\n";
  text += render_steps(tables.steps, units);
  if (!tables.steps.empty()) text += "\n";
  return text + render_seeds(tables.seeds) + render_notes(rows.notes) + left_out_text(setup, rows);
}

}  // namespace

std::string command_line(const ExperimentOptions& options) {
  std::string line = fmt::format("qamro experiment {}", name_of(options.experiment));
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) line += fmt::format(" {} {}", flag, io::shell_word(value));
  };
  add("--data", options.data.string());
  add("--output", options.output.string());
  add("--audio", options.audio.string());
  add("--model", options.model);
  add("--recipe", options.recipe.string());
  for (const std::string& setting : options.overrides) add("--set", setting);
  return line + (options.quick ? " --quick" : "");
}

ExperimentResult run_experiment(const ExperimentOptions& options, const ExperimentObserver& observer) {
  ExperimentSetup setup = prepare_experiment(options);
  write_labels(setup, options.output);
  const bool is_embedded = embed(setup, options, observer);
  const ExperimentRows rows = make_rows(setup, options, is_embedded, observer);
  for (const std::string& note : rows.notes)
    if (observer.note) observer.note(note);
  Tables tables{compare_scores(setup.recipe, rows.dataset, rows.scores),
                ablation_steps(setup.recipe, rows.dataset, rows.scores),
                seed_spread(setup.recipe, rows.dataset, rows.scores),
                {}};
  tables.peaks = preference_peaks(setup.recipe, rows.dataset, rows.scores, tables.scopes);
  write_tables(setup, options, rows, tables);
  ExperimentResult result;
  result.text = render_experiment(setup, rows, tables, write_paper_table(setup, options, rows, tables));
  result.rows_left_out = rows.left_out;
  result.missing = setup.missing;
  if (has_factors(tables)) {
    io::write_result(options.output / "preference_factor.csv",
                     [&](std::ostream& stream) { write_preference_factor_csv(stream, tables.scopes); });
    result.pictures.emplace_back(preference_factor_chart(tables.scopes),
                                 options.output / "preference_factor.svg");
  }
  write_record(setup, options);
  return result;
}

}  // namespace qamro::experiments
