#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "qamro/core/enum_names.h"
#include "qamro/data/training_clips.h"
#include "qamro/evaluation/clip_conditions.h"
#include "qamro/evaluation/evaluate.h"
#include "qamro/evaluation/system_comparison.h"
#include "qamro/evaluation/verdict_text.h"
#include "qamro/plotting/chart.h"
#include "qamro/statistics/bootstrap.h"

// A report is one HTML file that opens offline: tables, drawings (Chart.js, inlined) and audio players. Their
// data are in the file as JSON. Every section is optional; empty sections are not on the page.
namespace qamro::report {

// How the systems fare on one axis; the verdicts are of no system if systems are not known.
struct AxisRanking {
  evaluation::SystemVerdict by_prediction;
  evaluation::SystemVerdict by_label;  // of no system: no labels
};

// An estimate with its interval, as a table's cell.
struct Estimate {
  double value = 0;
  std::optional<statistics::Interval> interval;
};

// Empty ("–"), text, a number or an estimate. NaN and infinity are shown as "–".
using Cell = std::variant<std::monostate, std::string, double, Estimate>;

struct Table {
  std::string title;
  std::string caption;  // what to read off it
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;  // as many cells as columns
};

// A chart, which gnuplot can draw too (see plotting/chart.h).
struct Figure {
  std::string title;
  std::string caption;  // what to read off it
  plotting::Chart chart;
};

// A document such as a model's provenance or model.json, shown as it is.
struct Card {
  std::string title;
  nlohmann::ordered_json document;
};

enum class AudioMode { kNone, kLink, kEmbed };
constexpr auto enum_names(AudioMode) {
  return names_table<AudioMode>(
      {{AudioMode::kLink, "link"}, {AudioMode::kEmbed, "embed"}, {AudioMode::kNone, "none"}});
}

// Players of the clips that the report names. Only existing files that begin like a sound file get one.
struct AudioOptions {
  AudioMode mode = AudioMode::kLink;         // links are relative to report_folder
  std::uint64_t max_bytes = 8'000'000;       // for all embedded files; files beyond it are linked
  std::filesystem::path report_folder = {};  // "": the current folder
  // Folders in which a clip's key may be a path, in the order of the search. "": the current folder.
  std::vector<std::filesystem::path> roots = {""};
};

// The range of an axis' scores, as the model states it.
struct AxisScale {
  double low = 1;
  double high = 5;

  bool operator==(const AxisScale&) const = default;
};

// Something that keeps the first answer from being trusted as it is, such as clips unlike the training clips.
struct Warning {
  std::string title;  // "Unfamiliar audio"
  std::string text;   // one sentence or two, with the numbers
};

struct ReportData {
  std::string title;              // what made the scores: "distill-mos", "ratings.csv"; may be empty
  std::string date;               // of the report, "2026-12-01"; empty: not shown
  std::vector<Warning> warnings;  // shown above everything but the answer
  // The clips; labels are NaN if there are none, systems and keys are empty if not known.
  evaluation::JoinedScores scores;
  std::vector<AxisRanking> rankings;  // [axis of scores], see rank_axes()
  // [axis of scores], of the predictions; empty, or nothing for an axis: not known.
  std::vector<std::optional<AxisScale>> scales;
  statistics::MeanTestOptions test;          // of the rankings
  evaluation::VerdictWords agreement;        // the headline with labels: how well the predictions agree
  nlohmann::ordered_json results = nullptr;  // what `qamro evaluate --json` writes; null: no labels
  std::vector<evaluation::SystemConditions> conditions;  // of the systems' clips; empty: not known
  data::SeenClips seen;                                  // clips that the model was trained on
  std::vector<Figure> figures;
  std::vector<Table> tables;
  std::vector<Card> cards;
  std::vector<std::string> method;  // how the results were computed; a sentence or two each
  std::string command;              // that made the report; empty: not shown
  AudioOptions audio;
  std::size_t max_points = 5000;   // drawn per axis; of more clips, a random sample, and the page says so
  std::size_t clips_per_list = 5;  // best, worst, most surprising
};

// For every axis: judge_systems() of predictions and of labels, over the clips that have both (or a
// prediction, if no clip has a label). Systems that were given the same items are compared item by item. An
// item is a clip's group, or else its key's file name without the ending.
std::vector<AxisRanking> rank_axes(const evaluation::JoinedScores& scores,
                                   const statistics::MeanTestOptions& options = {}, int threads = 0);

// Reads a card's document from a file. Throws FileError, and InvalidInput if the file is not JSON.
Card read_card(std::string title, const std::filesystem::path& file);

// Throws Error if this build has no Chart.js. For commands that would otherwise find out only after hours.
void require_drawing_library();

// The page. Every text in the data is treated as hostile: none of it can become markup or script. Throws
// InvalidInput for scores that do not fit together, rankings or scales that are not one per axis, and table
// rows that do not fit their columns; Error if this build has no Chart.js.
std::string render_report(const ReportData& data);

// Writes the page into a file, whole or not at all; links are relative to the file's folder. Throws as
// render_report(), and FileError.
void write_report(ReportData data, const std::filesystem::path& file);

}  // namespace qamro::report
