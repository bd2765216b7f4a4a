#pragma once

#include <array>
#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/experiments/ablation_scopes.h"
#include "qamro/metrics/metric.h"

namespace qamro::experiments {

// The tables of the QAMRO paper (arXiv 2508.08957), to be printed beside ours. All at the system level.
struct PaperRow {
  std::string name;  // as the paper writes it
  // Our rows of the same kind, in the order in which they follow it: names, or kAsItIs for what ends with it.
  std::vector<std::string> ours;
  std::vector<std::vector<double>> value;  // [axis][metric]
};

struct PaperTable {
  std::string title;
  std::vector<std::string> axes;  // as the recipe calls them
  std::vector<metrics::Metric> metrics;
  std::vector<PaperRow> rows;
};

// Names of our rows, as training::ablation_variants gives them.
inline constexpr const char* kRegressionOnly = "regression only";
inline constexpr const char* kFixedMargin = "+ fixed margin (Eq. 1)";
inline constexpr const char* kAdaptiveMargin = "+ adaptive margin (Eq. 2)";
inline constexpr const char* kQamro = "+ quality weighting = QAMRO (Eq. 3)";

// The end of the name of a model's own scores: "audiobox-aesthetics as it is".
inline constexpr const char* kAsItIs = " as it is";

// MusicEval's test split, 30 systems, 413 clips.
const PaperTable& table_1();
// AES-Natural as the paper calls it; SRCC only.
const PaperTable& table_2();
// Where the paper's Fig. 1 peaks.
inline constexpr double kPaperPeakFactor = 7.0;

// A table of the paper with ours beside it. Each of the paper's rows is followed by our rows of the same
// kind, with intervals, if we have any. Our other rows (look-up, constant, systems held out) come
// last. Uses the scopes of all clips, at the system level if systems are known on every axis, else at
// the utterance level.
struct LaidOutCell {
  std::optional<double> value;
  std::optional<statistics::Interval> interval;
};

struct LaidOutRow {
  std::string model;
  bool is_paper = false;
  std::vector<std::vector<LaidOutCell>> cells;  // [axis][metric]
};

struct PaperLayout {
  PaperTable paper;
  std::string level;           // "system" or "utterance"
  std::vector<std::size_t> n;  // number of systems or clips on each axis
  std::vector<LaidOutRow> rows;
  std::vector<std::string> notes = {};  // below the table
};

PaperLayout lay_out(const PaperTable& paper, const std::vector<AblationScope>& scopes);

std::string render(const PaperLayout& layout);
void write_markdown(std::ostream& stream, const PaperLayout& layout);
// Columns: model, source (paper or ours), level, axis, metric, value, low, high.
void write_csv(std::ostream& stream, const PaperLayout& layout);
nlohmann::ordered_json layout_json(const PaperLayout& layout);

}  // namespace qamro::experiments
