#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "qamro/plotting/chart.h"
#include "qamro/training/cross_validation.h"

namespace qamro::experiments {

enum class Experiment { kTable1, kTable2, kFig1, kAblation };
// "table1", "table2", "fig1", "ablation".
std::string_view name_of(Experiment experiment);

struct ExperimentOptions {
  Experiment experiment = Experiment::kAblation;
  std::filesystem::path data;         // see read_experiment_data()
  std::filesystem::path audio = {};   // "": where the data's package has it
  std::filesystem::path output;       // made if it is not there; a run in it is gone on with
  std::string model = {};             // encoder, name or path; "": the paper's, or Distill-MOS for speech
  std::filesystem::path recipe = {};  // "": the one of examples/ that belongs to the data
  std::vector<std::string> overrides = {};  // of recipe keys
  bool quick = false;                       // to see that everything is there: few epochs, one seed
  int threads = 0;                          // 0: one a core. Does not change a number
  std::string command = {};                 // to be recorded
};

// Something that an experiment needs and that is not there.
struct Missing {
  std::string what;
  std::string where;  // it was looked for
  std::string how;    // to get it
};

// Told what goes on. Each may be empty.
struct ExperimentObserver {
  std::function<void(std::int64_t clips)> embedding_begins;
  std::function<void(const std::string& error)> clip_embedded;  // "" when all went well
  std::function<void(const std::string& label, std::int64_t epochs)> training_begins;
  std::function<void(const training::RunProgress&)> progress;  // from several threads at a time
  std::function<void(const std::string& text)> note;           // a warning of one line
};

struct ExperimentResult {
  std::string text;                                                         // for people
  std::vector<std::string> rows_left_out;                                   // that could not be made
  std::vector<Missing> missing;                                             // and why
  std::vector<std::pair<plotting::Chart, std::filesystem::path>> pictures;  // still to be drawn
};

// From a folder of published ratings to the paper's table. Writes into the output folder
//   labels.csv              the ratings as the recipe reads them
//   embeddings.safetensors  what the encoder makes of the audio
//   runs/, runs_held_out/   every row's runs
//   results.{json,csv,md}   all rows at both levels with intervals; preference_factor.csv where it was swept
//   table1.{json,csv,md}    (or table2) the paper's layout, ours beside the paper's numbers
//   experiment.json         how it came about: command, versions, hashes of data and encoder, seeds, recipe
// The same options and files give the same bytes, after any interruption too. What needs audio or weights
// that are not there is left out and told; what labels alone give is always made: the look-up table of each
// system's mean and the constant. Throws FileError where the data folder is not one; InvalidInput: data of
// another experiment, a recipe that does not fit, an output folder with another experiment's run.
ExperimentResult run_experiment(const ExperimentOptions& options, const ExperimentObserver& observer = {});

}  // namespace qamro::experiments
