#pragma once

#include <cstddef>
#include <filesystem>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/audio/sound_source.h"
#include "qamro/core/export.h"
#include "qamro/data/system_rule.h"

namespace qamro::data {

// One thing to score.
struct Clip {
  // Set: the sound itself, instead of a file; path_as_given is its name in rows and messages.
  std::shared_ptr<const audio::SoundInMemory> sound;
  std::filesystem::path path;  // where the audio lies; empty if a broken row does not say
  std::string path_as_given;   // as in the manifest; output rows carry it, so that they join with other files
  std::optional<double> start_seconds;  // 0 and up
  std::optional<double> end_seconds;    // above start_seconds
  std::optional<std::string> system;
  std::optional<std::string> prompt;
  std::string prompt_error;  // not empty: why there is no prompt (see apply_prompts())
  std::optional<std::string> id;
  std::string error;  // not empty: why this row cannot be used; it keeps its place in the order
};

// The clips of all inputs, in input order. An input is
//   a folder    all audio files below it, sorted by path bytewise (see audio_files_below())
//   *.jsonl     (*.ndjson) one object per line
//   *.csv       (*.tsv) with a header
//   -           JSONL, a table with a header, or the bytes of one audio file, from standard_input; also a
//   pipe any other   an audio file, whatever it is called
// A manifest's keys and columns: path (or wav_path, audio_path, data_path), start_time and end_time in
// seconds, system (system_id), prompt, id (sample_id, key); column_names.h has all names. Others are ignored;
// null and empty cells count as missing. A relative path in a manifest is looked up in the working directory
// first, then in the manifest's folder.
//
// options.notes gets a line for each folder with files that are no audio: how many, and their endings.
//
// Never throws because of an input. A missing, empty, unreadable or broken one becomes a clip with an error,
// which names the file and, in a manifest, the line; reading then continues with the rest of the input.
struct ManifestOptions {
  std::string path_column = {};    // empty: path, wav_path, filename or the like
  std::string system_column = {};  // empty: system, system_id or the like
  std::vector<std::string>* notes = nullptr;
};
QAMRO_API std::vector<Clip> read_manifest(const std::vector<std::string>& inputs,
                                          std::istream& standard_input, const ManifestOptions& options = {});

// Sets the system of clips that have neither a system nor an error. If the rule does not match, the clip
// stays without one.
void apply_system_rule(std::vector<Clip>& clips, const SystemRule& rule);

// The share of one of `count` jobs that divide a list of clips among them.
struct Shard {
  std::size_t index = 0;  // from 0, below count
  std::size_t count = 1;
};

// Reads "I/N" with 1 <= I <= N: "2/8" is the second of eight jobs. Empty for anything else.
std::optional<Shard> parse_shard(std::string_view text);

// Every count-th clip, starting with the one at `index`, in their order. The shards of all indices hold every
// clip once.
std::vector<Clip> clips_of_shard(std::vector<Clip> clips, const Shard& shard);

}  // namespace qamro::data
