#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "qamro/core/enum_names.h"
#include "qamro/plotting/chart.h"
#include "qamro/training/cross_validation.h"

namespace qamro::experiments {

enum class Experiment { kTable1, kTable2, kFig1, kAblation };
constexpr auto enum_names(Experiment) {
  return names_table<Experiment>({{Experiment::kTable1, "table1"},
                                  {Experiment::kTable2, "table2"},
                                  {Experiment::kFig1, "fig1"},
                                  {Experiment::kAblation, "ablation"}});
}

struct ExperimentOptions {
  Experiment experiment = Experiment::kAblation;
  std::filesystem::path data;         // see read_experiment_data()
  std::filesystem::path audio = {};   // "": where the data's package has it
  std::filesystem::path output;       // created if missing; a run in it is resumed
  std::string model = {};             // encoder, name or path; "": the paper's, or Distill-MOS for speech
  std::filesystem::path recipe = {};  // "": the one of examples/ that belongs to the data
  std::vector<std::string> overrides = {};  // of recipe keys
  bool quick = false;                       // to see that everything is there, with few epochs and one seed
  int threads = 0;                          // 0: one per core. Does not change any number
};

// The command that runs the same experiment again, without the number of threads: "qamro experiment table1
// --data musiceval --output table1". Words are quoted for a shell where needed.
std::string command_line(const ExperimentOptions& options);

// Something that an experiment needs but that is not there.
struct Missing {
  std::string what;
  std::string where;  // where it was looked for
  std::string how;    // how to get it
};

// Callbacks that report progress. Each may be empty.
struct ExperimentObserver {
  std::function<void(std::int64_t clips)> embedding_begins;
  std::function<void(const std::string& error)> clip_embedded;  // "" if all went well
  std::function<void(const std::string& label, std::int64_t epochs)> training_begins;
  std::function<void(const training::RunProgress&)> progress;  // called from several threads at once
  std::function<void(const std::string& text)> note;           // a one-line warning
};

struct ExperimentResult {
  std::string text;                                                         // for people
  std::vector<std::string> rows_left_out;                                   // that could not be made
  std::vector<Missing> missing;                                             // why they could not
  std::vector<std::pair<plotting::Chart, std::filesystem::path>> pictures;  // still to be drawn
};

// Makes the paper's table from a folder of published ratings. Writes into the output folder
//   labels.csv              the ratings as the recipe reads them
//   embeddings.safetensors  the encoder's embeddings of the audio
//   runs/, runs_held_out/   every row's runs
//   results.{json,csv,md}   all rows at both levels with intervals; preference_factor.csv if it was swept
//   table1.{json,csv,md}    (or table2) the paper's layout, ours beside the paper's numbers
//   experiment.json         how it was made: command, versions, hashes of data and encoder, seeds, recipe
// The same options and files give the same bytes, even after an interruption. Rows that need missing audio or
// weights are left out and reported. Rows that need labels alone are always made: the look-up table of each
// system's mean, and the constant. Throws FileError if the data folder has no published ratings; InvalidInput
// for data of another experiment, a recipe that does not fit, or an output folder with another experiment's
// run.
ExperimentResult run_experiment(const ExperimentOptions& options, const ExperimentObserver& observer = {});

}  // namespace qamro::experiments
