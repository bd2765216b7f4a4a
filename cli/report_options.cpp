#include "cli/report_options.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "qamro/experiments/run_figures.h"
#include "qamro/io/command_line.h"
#include "qamro/plotting/chart.h"

namespace qamro::cli {
namespace fs = std::filesystem;

void add_report_options(CLI::App& command, ReportOptions& options) {
  command.add_option("--report", options.file,
                     "also write a report: one HTML file that opens offline, with plots and audio players");
  command
      .add_option(
          "--report-audio", options.audio,
          "audio players for the best, worst and most surprising clips: 'link' (relative links), 'embed' (the report contains the files) or 'none'")
      ->capture_default_str()
      ->check(CLI::IsMember({"link", "embed", "none"}));
  command
      .add_option("--report-audio-megabytes", options.audio_megabytes,
                  "limit for embedded audio, in MB; files beyond it are linked")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1000.0));
  command.add_option(
      "--audio-root", options.audio_roots,
      "folder to which the clips' paths are relative, for the report; may be repeated (default: the current folder and those of the input files)");
  command.add_option(
      "--run", options.runs,
      "output folder of 'qamro train' or 'qamro ablate'; its curves and tables go into the report; may be repeated");
}

namespace {

// Today in UTC, or the day of SOURCE_DATE_EPOCH, with which the same inputs give the same bytes on any day.
std::string report_date() {
  auto now = std::chrono::system_clock::now();
  if (const char* epoch = std::getenv("SOURCE_DATE_EPOCH"))
    now = std::chrono::system_clock::time_point(std::chrono::seconds(std::strtoll(epoch, nullptr, 10)));
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(now));
  return fmt::format("{}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                     static_cast<unsigned>(day.day()));
}

}  // namespace

void write_report(const ReportOptions& options, report::ReportData data,
                  const std::vector<fs::path>& audio_roots) {
  data.audio.mode = value_named<report::AudioMode>(options.audio).value();
  data.audio.max_bytes = static_cast<std::uint64_t>(options.audio_megabytes * 1e6);
  data.audio.roots.assign(options.audio_roots.begin(), options.audio_roots.end());
  data.audio.roots.emplace_back("");
  data.audio.roots.insert(data.audio.roots.end(), audio_roots.begin(), audio_roots.end());
  data.command = io::process_command_line();
  data.date = report_date();
  for (const std::string& run : options.runs) experiments::add_run(data, run);
  report::write_report(std::move(data), options.file);
}

void draw_picture(const plotting::Chart& chart, const std::filesystem::path& path) {
  try {
    plotting::write_svg(chart, path);
  } catch (const plotting::PlotError& error) {
    fmt::print(stderr, "note: {}\n", error.what());
  }
}

}  // namespace qamro::cli
