#pragma once

#include <string>
#include <vector>

#include "qamro/experiments/ablation_scopes.h"

namespace qamro::experiments {

// What a reader has to know before comparing rows, one sentence each: runs that training.max_epochs cut
// short, and scores that seem to be on another scale than the labels.
std::vector<std::string> row_notes(const training::Recipe& recipe, const training::Dataset& dataset,
                                   const std::vector<AblationScores>& scores);

// "Note: …" lines; "" without notes.
std::string render_notes(const std::vector<std::string>& notes);

}  // namespace qamro::experiments
