#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace qamro::cli {

// The rows of an unfinished run, one JSON line a clip in the clips' order, beside the output file. It is
// appended to and flushed clip by clip, so a killed run loses the clip it was working on and nothing else.
class Journal {
 public:
  // Starts OUTPUT.journal anew, or with `resume` takes up what is there. A journal of another run (another
  // model, precision, input list …: another `settings` text) is refused with InvalidInput.
  Journal(const std::filesystem::path& output, const std::string& settings, bool resume);

  // The rows of each clip that an earlier run finished; clip i's are at [i].
  const std::vector<std::vector<nlohmann::ordered_json>>& finished() const { return finished_; }
  void append(const std::vector<nlohmann::ordered_json>& rows);
  // The output stands: the journal is not needed any more.
  void remove();

 private:
  void read(const std::string& settings);

  std::filesystem::path path_;
  std::vector<std::vector<nlohmann::ordered_json>> finished_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

}  // namespace qamro::cli
