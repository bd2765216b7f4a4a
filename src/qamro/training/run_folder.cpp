#include "qamro/training/run_folder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <type_traits>

#include "qamro/core/error.h"
#include "qamro/core/version.h"
#include "qamro/data/score_writers.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/csv.h"
#include "qamro/io/json_reader.h"
#include "qamro/training/recipe_keys.h"

namespace qamro::training {
namespace {

using Json = nlohmann::ordered_json;

void write_text(const std::filesystem::path& path, const std::string& text) {
  io::AtomicFile file(path);
  file.stream() << text;
  file.commit();
}

std::string stored_fingerprint(const std::filesystem::path& path) {
  const Json json = io::read_json(path);
  if (!json.is_object() || !json.contains("fingerprint") || !json["fingerprint"].is_string())
    throw CheckpointError(
        fmt::format("{}: expected the description of a run, got something else", path.string()));
  return json["fingerprint"].get<std::string>();
}

// The fold that tests each clip; -1 if no fold does.
std::vector<std::int64_t> test_fold(const CrossValidation& result, std::int64_t clips) {
  std::vector<std::int64_t> fold_of(static_cast<std::size_t>(clips), -1);
  for (std::size_t fold = 0; fold < result.folds.size(); ++fold)
    for (const std::int64_t clip : result.folds[fold].test)
      fold_of[static_cast<std::size_t>(clip)] = static_cast<std::int64_t>(fold);
  return fold_of;
}

class PredictionTable {
 public:
  PredictionTable(const Dataset& dataset, const CrossValidation& result)
      : dataset_(dataset),
        has_system_(std::set<std::string>(dataset.systems.begin(), dataset.systems.end()) !=
                    std::set<std::string>{""}),
        fold_of_(test_fold(result, dataset.size())) {}

  std::vector<std::string> header(const std::vector<std::string>& axes, bool with_seed) const {
    std::vector<std::string> names = {"path"};
    if (has_system_) names.emplace_back("system");
    if (with_seed) names.emplace_back("seed");
    names.insert(names.end(), axes.begin(), axes.end());
    names.emplace_back("fold");
    return names;
  }
  // predictions: [n, axes]
  void write(io::CsvWriter& csv, const at::Tensor& predictions, const std::string& seed) const {
    const auto values = predictions.accessor<double, 2>();
    for (std::size_t clip = 0; clip < fold_of_.size(); ++clip) {
      if (fold_of_[clip] < 0) continue;
      std::vector<std::string> fields = {dataset_.paths[clip]};
      if (has_system_) fields.push_back(dataset_.systems[clip]);
      if (!seed.empty()) fields.push_back(seed);
      for (std::int64_t axis = 0; axis < values.size(1); ++axis)
        fields.push_back(fmt::format("{}", values[static_cast<std::int64_t>(clip)][axis]));
      fields.push_back(std::to_string(fold_of_[clip]));
      csv.write(fields);
    }
  }

 private:
  const Dataset& dataset_;
  bool has_system_;
  std::vector<std::int64_t> fold_of_;
};

void append_metrics(std::ostream& out, const std::filesystem::path& path, const Json& lead) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const auto record = io::parsed_json(line);
    if (!record || !record->is_object()) continue;
    Json merged = lead;
    merged.update(*record);
    out << merged.dump() << '\n';
  }
}

Json loss_json(const LossOptions& loss) {
  Json json;
  visit_keys(loss, [&](const char* key, const auto& value) {
    if constexpr (NamedEnum<std::remove_cvref_t<decltype(value)>>)
      json[key] = name_of(value);
    else
      json[key] = value;
  });
  return json;
}

Json file_json(const std::string& path, const std::string& sha256) {
  return {{"file", std::filesystem::path(path).filename().string()}, {"sha256", sha256}};
}

}  // namespace

io::WriterLock open_run_folder(const std::filesystem::path& folder, const Recipe& recipe,
                               const std::string& fingerprint, bool resume) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) throw FileError(fmt::format("{}: {}", folder.string(), failure.message()));
  io::WriterLock lock(folder);
  const std::filesystem::path run = folder / "run.json";
  if (std::filesystem::exists(run)) {
    if (!resume)
      throw InvalidInput(fmt::format(
          "{}: already holds a run: continue it with --resume, or choose another folder for a new run",
          folder.string()));
    if (stored_fingerprint(run) != fingerprint)
      throw InvalidInput(
          fmt::format("{}: cannot resume: the recipe or the data differ from those of its run ({})",
                      folder.string(), (folder / "recipe.toml").string()));
    return lock;
  }
  write_text(folder / "recipe.toml", recipe_to_toml(recipe));
  write_text(run, Json{{"fingerprint", fingerprint}, {"qamro_version", version()}}.dump(2) + "\n");
  return lock;
}

void write_out_of_fold(const std::filesystem::path& folder, const Recipe& recipe, const Dataset& dataset,
                       const CrossValidation& result) {
  const PredictionTable table(dataset, result);
  io::AtomicFile mean_file(folder / "out_of_fold.csv");
  io::CsvWriter mean_csv(mean_file.stream());
  mean_csv.write(table.header(recipe.data.axes, false));
  table.write(mean_csv, result.out_of_fold, "");
  mean_file.commit();
  io::AtomicFile seeds_file(folder / "out_of_fold_seeds.csv");
  io::CsvWriter seeds_csv(seeds_file.stream());
  seeds_csv.write(table.header(recipe.data.axes, true));
  for (std::size_t seed = 0; seed < recipe.seeds.size(); ++seed)
    table.write(seeds_csv, result.per_seed[static_cast<std::int64_t>(seed)],
                std::to_string(recipe.seeds[seed]));
  seeds_file.commit();
}

void write_answer(const std::filesystem::path& folder, const Recipe& recipe, const Dataset& dataset,
                  const CrossValidation& result) {
  const std::vector<std::string>& axes = recipe.data.axes;
  if (!data::is_answer_of_a_track(axes)) return;
  const at::Tensor scores = result.out_of_fold.contiguous();
  io::AtomicFile file(folder / "answer.txt");
  data::AnswerWriter answer(file.stream(), axes);
  try {
    for (const Fold& fold : result.folds)
      for (const std::int64_t clip : fold.test)
        answer.write(data::answer_id(dataset.paths[static_cast<std::size_t>(clip)]),
                     {scores.const_data_ptr<double>() + clip * std::ssize(axes), axes.size()});
  } catch (const InvalidInput&) {
    return;  // names that an answer cannot hold must not fail the run; out_of_fold.csv has the scores
  }
  file.commit();
}

void merge_metrics(const std::filesystem::path& folder, const Recipe& recipe, const CrossValidation& result) {
  io::AtomicFile file(folder / "metrics.jsonl");
  for (const FoldRun& run : result.runs)
    append_metrics(file.stream(), run_folder(folder, run.seed, run.fold) / "metrics.jsonl",
                   {{"seed", run.seed}, {"fold", run.fold}});
  for (const std::int64_t seed : recipe.seeds)
    append_metrics(file.stream(), run_folder(folder, seed, kFinalFold) / "metrics.jsonl",
                   {{"seed", seed}, {"fold", "final"}});
  file.commit();
}

Json provenance(const Recipe& recipe, const Dataset& dataset) {
  Json losses = Json::array();
  for (const LossOptions& loss : recipe.trainer.losses) losses.push_back(loss_json(loss));
  const std::set<std::string> systems(dataset.systems.begin(), dataset.systems.end());
  return {{"labels", file_json(recipe.data.labels, dataset.labels_sha256)},
          {"embeddings", file_json(recipe.data.embeddings, dataset.embeddings_sha256)},
          {"clips", dataset.size()},
          {"systems", systems.size()},
          {"recipe_sha256", recipe_fingerprint(recipe)},
          {"losses", losses},
          {"optimizer", name_of(recipe.trainer.optimizer.kind)},
          {"seeds", recipe.seeds},
          {"qamro_version", version()}};
}

Json run_ends_json(const RunEnds& ends) {
  return {{"count", ends.runs}, {"cut_short_by_max_epochs", ends.cut_short}};
}

}  // namespace qamro::training
