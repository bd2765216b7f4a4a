#pragma once

#include <filesystem>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "qamro/data/system_rule.h"

namespace qamro::data {

// One thing to score.
struct Clip {
  std::filesystem::path path;  // where the audio lies; empty if a broken row does not tell
  std::string
      path_as_given;  // as the manifest writes it: what output rows carry, so that they join with other files
  std::optional<double> start_seconds;  // 0 and up
  std::optional<double> end_seconds;    // above start_seconds
  std::optional<std::string> system;
  std::optional<std::string> prompt;
  std::string prompt_error;  // not empty: why a prompt was looked for in vain (apply_prompts())
  std::optional<std::string> id;
  std::string error;  // not empty: why this row cannot be used; it keeps its place among the others
};

// The clips of all inputs, in input order. An input is
//   a folder    all audio files below it, sorted by path bytewise (see audio_files_below())
//   *.jsonl     (*.ndjson) one object a line
//   *.csv       (*.tsv) with a header
//   -           JSONL from standard_input
//   any other   an audio file, whatever it is called
// Names of a manifest's keys and columns: path (or wav_path, audio_path, data_path), start_time and end_time
// in seconds, system (system_id), prompt, id (sample_id, key). Others are ignored; null and an empty cell are
// absent. A relative path in a manifest is taken from the working directory if a file is there, else from the
// manifest's folder.
//
// Throws nothing about inputs: what is missing, empty, unreadable or broken becomes a clip with an error,
// which names the file and, in a manifest, the line; the rest of the input goes on.
std::vector<Clip> read_manifest(const std::vector<std::string>& inputs, std::istream& standard_input);

// Gives a system to the clips that have none and no error. Where the rule finds none, none is given.
void apply_system_rule(std::vector<Clip>& clips, const SystemRule& rule);

}  // namespace qamro::data
