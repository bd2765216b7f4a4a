#pragma once

#include <filesystem>
#include <string>

#include "qamro/io/atomic_file.h"
#include "qamro/training/cross_validation.h"

namespace qamro::training {

// Creates the folder of a run with recipe.toml (the effective recipe) and run.json (its fingerprint).
// Throws InvalidInput if the folder already holds a run and `resume` is false, or if the recipe or data of
// that run differ, or if another process writes there; nobody else does as long as the lock is held.
io::WriterLock open_run_folder(const std::filesystem::path& folder, const Recipe& recipe,
                               const std::string& fingerprint, bool resume);

// Writes out_of_fold.csv: path, system (if known), one column per axis, fold; and out_of_fold_seeds.csv: the
// same with a seed column before the axes. Clips that no fold tests are left out. Numbers read back as the
// same doubles.
void write_out_of_fold(const std::filesystem::path& folder, const Recipe& recipe, const Dataset& dataset,
                       const CrossValidation& result);

// Writes answer.txt: the same scores of test clips in the format of the AudioMOS challenge
// (data/score_writers.h). Writes nothing unless the recipe's axes are those of a track, and an answer can
// hold the clips' names.
void write_answer(const std::filesystem::path& folder, const Recipe& recipe, const Dataset& dataset,
                  const CrossValidation& result);

// Writes metrics.jsonl: the lines of all runs in the folder, each with "seed" and "fold" in front ("final"
// for the final model).
void merge_metrics(const std::filesystem::path& folder, const Recipe& recipe, const CrossValidation& result);

// The origin of a model, for model.json: data, recipe, losses, seeds, epochs.
nlohmann::ordered_json provenance(const Recipe& recipe, const Dataset& dataset);

// {"count", "cut_short_by_max_epochs"}
nlohmann::ordered_json run_ends_json(const RunEnds& ends);

}  // namespace qamro::training
