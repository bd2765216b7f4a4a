#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "qamro/io/atomic_file.h"
#include "qamro/scoring/score_clips.h"

namespace qamro::scoring {

// What belongs to one run: a journal of a run with other settings is not continued.
struct JournalSettings {
  std::string digest;  // settings_digest()
  bool windows = false;
  std::size_t axes = 0;  // of the model
};

// The scores of an unfinished run, one JSON line per clip in the order of the clips, beside the output file.
// Each clip is appended and flushed at once, so a killed run loses only the clip it was working on.
class Journal {
 public:
  // Starts a new OUTPUT.journal, or with `resume` continues the existing one. Throws InvalidInput for the
  // journal of another run (another model, precision, input list …) or of one that goes on, FileError if it
  // cannot be written.
  Journal(const std::filesystem::path& output, const JournalSettings& settings, bool resume);

  // The scores of each clip that an earlier run finished, without ClipScores::clip; element i belongs to clip
  // i.
  const std::vector<ClipScores>& finished() const { return finished_; }
  void append(const ClipScores& scores);
  // Call it once the output is complete and the journal is no longer needed.
  void remove();

 private:
  void read();

  std::filesystem::path path_;
  JournalSettings settings_;
  std::vector<ClipScores> finished_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::optional<io::WriterLock> lock_;  // of the journal, whose output has one writer
};

}  // namespace qamro::scoring
