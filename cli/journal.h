#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace qamro::cli {

// The rows of an unfinished run, one JSON line per clip in the order of the clips, beside the output file.
// Each clip is appended and flushed at once, so a killed run loses only the clip it was working on.
class Journal {
 public:
  // Starts a new OUTPUT.journal, or with `resume` continues the existing one. Throws InvalidInput for the
  // journal of another run (a different `settings` text: another model, precision, input list …).
  Journal(const std::filesystem::path& output, const std::string& settings, bool resume);

  // The rows of each clip that an earlier run finished; element i belongs to clip i.
  const std::vector<std::vector<nlohmann::ordered_json>>& finished() const { return finished_; }
  void append(const std::vector<nlohmann::ordered_json>& rows);
  // Call it once the output is complete and the journal is no longer needed.
  void remove();

 private:
  void read(const std::string& settings);

  std::filesystem::path path_;
  std::vector<std::vector<nlohmann::ordered_json>> finished_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

}  // namespace qamro::cli
