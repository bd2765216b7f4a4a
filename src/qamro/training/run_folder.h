#pragma once

#include <filesystem>
#include <string>

#include "qamro/training/cross_validation.h"

namespace qamro::training {

// Makes the folder of a run with recipe.toml (the effective recipe) and run.json (its fingerprint). A folder
// that holds a run already is InvalidInput without `resume`, and with it when recipe or data differ.
void open_run_folder(const std::filesystem::path& folder, const Recipe& recipe,
                     const std::string& fingerprint, bool resume);

// out_of_fold.csv: path, system (where known), one column an axis, fold; out_of_fold_seeds.csv: the same with
// a seed column before the axes. Clips that no fold tests are left out. Numbers read back as the same
// doubles.
void write_out_of_fold(const std::filesystem::path& folder, const Recipe& recipe, const Dataset& dataset,
                       const CrossValidation& result);

// answer.txt: the same scores of test clips as the AudioMOS challenge takes them (data/answer_file.h);
// written where the recipe's axes are those of one of its tracks, and the clips' names are such as an answer
// can hold.
void write_answer(const std::filesystem::path& folder, const Recipe& recipe, const Dataset& dataset,
                  const CrossValidation& result);

// metrics.jsonl: those of all runs of the folder, each line led by "seed" and "fold" ("final" for the
// model's).
void merge_metrics(const std::filesystem::path& folder, const Recipe& recipe, const CrossValidation& result);

// What model.json says of a model's origin: data, recipe, losses, seeds, epochs.
nlohmann::ordered_json provenance(const Recipe& recipe, const Dataset& dataset);

}  // namespace qamro::training
