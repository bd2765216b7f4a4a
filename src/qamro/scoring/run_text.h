#pragma once

#include <string>

#include "qamro/scoring/score_run.h"
#include "qamro/scoring/system_scores.h"

namespace qamro::scoring {

// What the best system is, and the ranking, on every axis, as plain text within 80 columns, each with a blank
// line after it; then a line on the systems that the model was trained on, if there are any.
std::string render_rankings(const ScoresByAxis& scores, const data::SeenClips& seen = {});

// What a run did, in one line: "3 of 4 clips scored with qamro-speech; 1 failed, see \"error\" in their rows;
// written to scores.jsonl". model: its name. file: as ScoreSink::file(). format: one of score_formats().
std::string render_run(const RunState& state, const std::string& model, const std::string& file,
                       const std::string& format);

}  // namespace qamro::scoring
