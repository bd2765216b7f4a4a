#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/input_options.h"
#include "qamro/models/predictor.h"
#include "qamro/scoring/system_scores.h"

namespace qamro::cli {

// Reads systems. The model is opened at the first folder of audio.
class SystemReader {
 public:
  // `axes`: as named by the user.
  explicit SystemReader(const InputOptions& options, std::vector<std::string> axes = {})
      : options_(options), axes_(std::move(axes)) {}

  // Reads a folder of audio, an audio file, or a file of scores (csv, jsonl, a published list) as one system.
  scoring::SystemScoreSets read(const std::string& input);

 private:
  scoring::SystemScoreSets score(const std::string& input);

  const InputOptions& options_;
  std::vector<std::string> axes_;
  std::unique_ptr<models::Predictor> predictor_;
};

// The columns of score files that the user has named.
scoring::ScoreColumns columns_of(const InputOptions& options, const std::vector<std::string>& axes);

// Prints the first five to stderr.
void warn_failures(const std::string& command, const scoring::SystemScoreSets& system);

}  // namespace qamro::cli
