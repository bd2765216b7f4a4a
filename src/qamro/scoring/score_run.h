#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "qamro/data/manifest.h"
#include "qamro/data/training_clips.h"
#include "qamro/evaluation/clip_conditions.h"
#include "qamro/models/clip_encoding.h"
#include "qamro/models/predictor.h"
#include "qamro/scoring/score_clips.h"
#include "qamro/scoring/score_sink.h"
#include "qamro/scoring/system_scores.h"

namespace qamro::scoring {

// How scores were made, stored beside them: model and its hash, precision, resampler, mono policy, version.
nlohmann::ordered_json provenance(const models::Predictor& predictor, const models::EncodingOptions& options);

// A digest of everything that decides the rows of a run: provenance and the list of clips. Two runs with the
// same digest write the same file.
std::string settings_digest(const nlohmann::ordered_json& provenance, std::span<const data::Clip> clips);

struct RunOptions {
  ScoringOptions scoring = {};
  bool resume = false;     // continue from the journal beside the sink's file, if there is one
  bool fail_fast = false;  // stop at the first clip with an error
};

struct RunState {
  std::size_t clips = 0;       // in all
  std::size_t done = 0;        // clips written to the sink
  std::size_t resumed = 0;     // in all: from the journal
  std::size_t dropped = 0;     // lines of the journal that were of no use, see Journal::dropped()
  std::size_t failed = 0;      // of these: without any score
  std::size_t partly = 0;      // of these: scored on some axes, with an error for the others
  std::size_t noted = 0;       // of these: with a note on how the file was read
  std::size_t unfamiliar = 0;  // of these: the heads' share in the scores is below 0.5
  evaluation::FamiliarityCounts familiarity = {};
  data::SeenClips seen = {};                    // of the scored ones: those that the model was trained on
  nlohmann::ordered_json provenance = nullptr;  // null before the first clip

  bool is_complete() const { return done == clips; }
  bool any_error() const { return failed + partly > 0; }
};

// Called after each clip was written, from one thread at a time.
using OnClip = std::function<void(const ClipScores& scores, const RunState& state)>;

// Scores clips into a sink and, if they all arrive, commits it. A run that writes a file keeps a journal
// beside it until then, from which a later run can resume with the same result. Throws as score_clips(),
// ScoreSink and Journal do.
RunState run_scoring(const models::Predictor& predictor, std::span<const data::Clip> clips, ScoreSink& sink,
                     const RunOptions& options, const OnClip& on_clip = {});

// What the best system is, and the ranking, on every axis, as plain text within 80 columns, each with a blank
// line after it; then a line on the systems that the model was trained on, if there are any.
std::string render_rankings(const ScoresByAxis& scores, const data::SeenClips& seen = {});

// How much a resumed run took from the journal of an earlier one, in one line.
std::string render_resumed(const RunState& state);

// What a run did, in one line: "3 of 4 clips scored with qamro-speech; 1 failed, see \"error\" in their rows;
// written to scores.jsonl". model: its name. file: as ScoreSink::file(). format: one of score_formats().
std::string render_run(const RunState& state, const std::string& model, const std::string& file,
                       const std::string& format);

}  // namespace qamro::scoring
