#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "qamro/io/atomic_file.h"
#include "qamro/scoring/score_clips.h"

namespace qamro::scoring {

// What belongs to one run: a journal of a run with other settings is not continued.
struct JournalSettings {
  std::string digest;  // settings_digest() without clips
  bool windows = false;
  std::size_t axes = 0;  // of the model
};

// The scores of an unfinished run, one JSON line per clip, beside the output file. Each clip is appended and
// flushed at once, so a killed run loses only the clips it was working on.
//
// A line belongs to a clip by what was scored, not by its place: path, start and end, prompt, and the size
// and time of change of the file. Lines may be missing, swapped, doubled or cut; what they lack is scored
// again.
class Journal {
 public:
  // Starts a new OUTPUT.journal, or with `resume` continues the existing one. Throws InvalidInput for the
  // journal of another run (another model, precision …, or no clip in common) or of one that goes on,
  // FileError if it cannot be written.
  Journal(const std::filesystem::path& output, const JournalSettings& settings,
          std::span<const data::Clip> clips, bool resume);

  // What an earlier run found for each of the clips; element i belongs to clip i, or is empty. No
  // elements without a journal to resume.
  const std::vector<std::optional<ClipScores>>& finished() const { return finished_; }
  // Lines that are of no use here: damaged ones, those of clips that are not in the list or whose files
  // changed, and more lines of a clip than the list has places for it.
  std::size_t dropped() const { return dropped_; }
  void append(const ClipScores& scores);
  // Call it once the output is complete and the journal is no longer needed.
  void remove();

 private:
  std::vector<std::string> read(std::span<const data::Clip> clips);

  std::filesystem::path path_;
  JournalSettings settings_;
  std::vector<std::optional<ClipScores>> finished_;
  std::size_t dropped_ = 0;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::optional<io::WriterLock> lock_;  // of the journal, whose output has one writer
};

}  // namespace qamro::scoring
