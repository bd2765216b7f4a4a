#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/input_options.h"
#include "cli/score_row.h"
#include "qamro/evaluation/mean_test.h"
#include "qamro/predictors/predictor.h"

namespace qamro::cli {

// Scores of a system: of a folder of audio, by a model, or of a file of scores.
struct SystemScoreSets {
  std::string name;
  std::map<std::string, evaluation::ScoreSet> axes;
  std::size_t clips = 0;              // that there are, failed ones too
  std::vector<std::string> failures;  // "path: why" of clips without scores
};

// Reads systems; the model is opened for the first folder of audio.
class SystemReader {
 public:
  explicit SystemReader(const InputOptions& options) : options_(options) {}

  // A folder of audio, an audio file, or a file of scores (csv, jsonl, a published list) taken whole as one
  // system. Items are file names without folders and extension, if no two clips have the same.
  SystemScoreSets read(const std::string& input);
  // The systems of a file of scores with a column 'system', in file order; none if it has no such column.
  static std::vector<SystemScoreSets> read_systems(const std::string& file);

 private:
  SystemScoreSets score(const std::string& input);
  // A clip without a prompt lacks the axes that need one, which is a failure where others have one.
  void add_clip(SystemScoreSets& system, const ScoredClip& clip, bool expects_prompt) const;

  const InputOptions& options_;
  std::unique_ptr<predictors::Predictor> predictor_;
};

// The axes that all of them have, by name. Throws InvalidInput if there is none, and for a wanted one (all:
// empty) that one lacks.
std::vector<std::string> common_axes(const std::vector<const SystemScoreSets*>& systems,
                                     const std::vector<std::string>& wanted);

// On stderr, the first five.
void warn_failures(const std::string& command, const SystemScoreSets& system);

}  // namespace qamro::cli
