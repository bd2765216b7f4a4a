#include "cli/report_options.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "cli/run_figures.h"
#include "qamro/core/error.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/text_file.h"

namespace qamro::cli {
namespace {

namespace fs = std::filesystem;

// Quotes a word for a shell if needed.
std::string shell_word(const std::string& word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=:,+@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// The command line of this process; empty if the system does not give it.
std::string command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string words((std::istreambuf_iterator<char>(file)), {});
  std::string line;
  for (std::size_t begin = 0; begin < words.size();) {
    const std::size_t end = words.find('\0', begin);
    const std::string word = words.substr(begin, end - begin);
    line += begin == 0 ? fs::path(word).filename().string() : " " + shell_word(word);
    if (end == std::string::npos) break;
    begin = end + 1;
  }
  return line;
}

report::AudioMode audio_mode(const std::string& name) {
  if (name == "none") return report::AudioMode::kNone;
  return name == "embed" ? report::AudioMode::kEmbed : report::AudioMode::kLink;
}

}  // namespace

void add_report_options(CLI::App& command, ReportOptions& options) {
  command.add_option("--report", options.file,
                     "also write a report: one HTML file that opens offline, with drawings and players");
  command
      .add_option(
          "--report-audio", options.audio,
          "players of the best, worst and most surprising clips: 'link' (relative links), 'embed' (the "
          "files travel in the report) or 'none'")
      ->capture_default_str()
      ->check(CLI::IsMember({"link", "embed", "none"}));
  command
      .add_option("--report-audio-megabytes", options.audio_megabytes,
                  "of embedded audio at most; files beyond are linked")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1000.0));
  command.add_option(
      "--audio-root", options.audio_roots,
      "folder that the clips' paths begin in, for the report; may be repeated (default: the current "
      "folder, and those of the input files)");
  command.add_option(
      "--run", options.runs,
      "folder of 'qamro train' or 'qamro ablate', whose curves and tables go into the report; may "
      "be repeated");
}

void write_report(const ReportOptions& options, report::ReportData data,
                  const std::vector<fs::path>& audio_roots) {
  data.audio.mode = audio_mode(options.audio);
  data.audio.most_bytes = static_cast<std::uint64_t>(options.audio_megabytes * 1e6);
  data.audio.report_folder = fs::path(options.file).parent_path();
  data.audio.roots.assign(options.audio_roots.begin(), options.audio_roots.end());
  data.audio.roots.emplace_back("");
  data.audio.roots.insert(data.audio.roots.end(), audio_roots.begin(), audio_roots.end());
  data.command = command_line();
  for (const std::string& run : options.runs) add_run(data, run);
  const std::string page = report::render_report(data);
  io::AtomicFile file(options.file);
  file.stream() << page;
  file.commit();
}

void add_provenance_card(report::ReportData& data, const fs::path& predictions) {
  const fs::path path = predictions.string() + ".provenance.json";
  if (!fs::is_regular_file(path)) return;
  const auto stream = io::open_input(path);
  try {
    data.cards.push_back({"Predictions: how they were made", nlohmann::ordered_json::parse(*stream)});
  } catch (const nlohmann::json::exception& error) {
    throw InvalidInput(fmt::format("{}: expected JSON, got: {}", path.string(), error.what()));
  }
}

}  // namespace qamro::cli
