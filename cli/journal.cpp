#include "cli/journal.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>

#include "qamro/core/error.h"

namespace qamro::cli {
namespace {

using Json = nlohmann::ordered_json;

void write_line(std::FILE* file, const Json& json, const std::filesystem::path& path) {
  const std::string line = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  if (std::fwrite(line.data(), 1, line.size(), file) != line.size() || std::fflush(file) != 0)
    throw FileError(describe_errno(path.string(), errno));
}

}  // namespace

Journal::Journal(const std::filesystem::path& output, const std::string& settings, bool resume)
    : path_(output.string() + ".journal"), file_(nullptr, &std::fclose) {
  const bool take_up = resume && std::filesystem::exists(path_);
  if (take_up) read(settings);
  // The rows are written again, so that a line cut short by a kill does not stay in the middle.
  const std::filesystem::path aside = path_.string() + ".new";
  file_.reset(std::fopen(aside.c_str(), "wb"));
  if (!file_) throw FileError(describe_errno(aside.string(), errno));
  write_line(file_.get(), {{"journal_of", settings}}, aside);
  for (const auto& rows : finished_) write_line(file_.get(), rows, aside);
  std::filesystem::rename(aside, path_);
}

void Journal::read(const std::string& settings) {
  std::ifstream stream(path_);
  std::string line;
  std::getline(stream, line);
  const Json header = Json::parse(line, nullptr, false);
  if (header.is_discarded() || !header.is_object()) return;  // killed before its first line was complete
  if (header.value("journal_of", std::string()) != settings)
    throw InvalidInput(fmt::format(
        "{}: it belongs to a run with another model, options or inputs; run without --resume to start anew",
        path_.string()));
  while (std::getline(stream, line)) {
    Json rows = Json::parse(line, nullptr, false);
    if (rows.is_discarded() || !rows.is_array() || stream.eof()) break;
    finished_.push_back(rows.get<std::vector<Json>>());
  }
}

void Journal::append(const std::vector<Json>& rows) {
  write_line(file_.get(), rows, path_);
}

void Journal::remove() {
  file_.reset();
  std::filesystem::remove(path_);
}

}  // namespace qamro::cli
