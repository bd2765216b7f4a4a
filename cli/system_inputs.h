#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/input_options.h"
#include "cli/score_row.h"
#include "qamro/evaluation/mean_test.h"
#include "qamro/models/predictor.h"

namespace qamro::cli {

// The scores of a system, from a folder of audio and a model, or from a file of scores.
struct SystemScoreSets {
  std::string name;
  std::map<std::string, evaluation::ScoreSet> axes;
  std::size_t clips = 0;              // all clips, including failed ones
  std::vector<std::string> failures;  // "path: reason" of clips without scores
};

// Reads systems. The model is opened at the first folder of audio.
class SystemReader {
 public:
  explicit SystemReader(const InputOptions& options) : options_(options) {}

  // Reads a folder of audio, an audio file, or a file of scores (csv, jsonl, a published list) as one system.
  // Items are file names without folders and extension, if these are distinct.
  SystemScoreSets read(const std::string& input);
  // The systems of a file of scores with a column 'system', in file order; empty without such a column.
  static std::vector<SystemScoreSets> read_systems(const std::string& file);

 private:
  SystemScoreSets score(const std::string& input);
  // A clip without a prompt lacks the axes that need one. That is a failure if other clips have a prompt.
  void add_clip(SystemScoreSets& system, const ScoredClip& clip, bool expects_prompt) const;

  const InputOptions& options_;
  std::unique_ptr<models::Predictor> predictor_;
};

// The axes that all systems have, by name. Throws InvalidInput if there are none, or if a system lacks one of
// the axes in `wanted` (empty: all).
std::vector<std::string> common_axes(const std::vector<const SystemScoreSets*>& systems,
                                     const std::vector<std::string>& wanted);

// Prints the first five to stderr.
void warn_failures(const std::string& command, const SystemScoreSets& system);

}  // namespace qamro::cli
