#pragma once

#include <nlohmann/json_fwd.hpp>

#include "qamro/report/report.h"

namespace qamro::report {

// What the page's script reads:
//   "title", "date", "headline": {"answer", "sureness"}, "warnings": [{"title", "text"}]
//   "confidence"  of the rankings' intervals
//   "conditions"  as evaluation::conditions_json(): unfamiliar clips, and what differs between the systems
//   "axes"      [{"axis", "clips", "labelled", "same_scale", "scale": [low, high] of the model, or null,
//               "systems": [{"system", "clips", "prediction": {"mean", "mean_ci", "rank", "groups", "tie"},
//               "label": {...} or null}], "verdict": as `qamro compare --json`, without "systems", with the
//               pair that the sentence speaks of alone and with "letters", which explains "tie"; null
//               without systems, "label_verdict": likewise, "points": {"label": [...], "prediction": [...],
//               "system": [index into "systems", or -1], "key": [...]}, or null without labels, "choice":
//               {"best": [clip], "worst", "surprising"}}], where clip is {"key", "system", "label",
//               "prediction", "audio": URL or null}
//   "results"   as `qamro evaluate --json`, or null
//   "figures"   [{"title", "caption", "panels": [{"title", "x_label", "y_label", "series": [{"name", "style",
//               "colour", "lines": [[[x, y, low, high], ...]]}]}]}]
//   "tables"    [{"title", "caption", "columns", "rows": [[null, text, number or {"value", "ci"}]]}]
//   "cards", "method", "command", "version", "audio_too_large"
// Throws InvalidInput for a table with a row that does not fit its columns.
nlohmann::ordered_json report_json(const ReportData& data);

}  // namespace qamro::report
