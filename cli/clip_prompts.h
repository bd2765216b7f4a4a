#pragma once

#include <vector>

#include "cli/input_options.h"
#include "qamro/data/manifest.h"
#include "qamro/predictors/predictor.h"

namespace qamro::cli {

// Throws InvalidInput where prompts are given to a model that reads none.
void check_prompts(const predictors::Predictor& predictor, const InputOptions& input);

// Each distinct prompt of the clips, encoded once; none where the model reads none.
predictors::EncodedPrompts encode_prompts(const predictors::Predictor& predictor,
                                          const std::vector<data::Clip>& clips, int threads);

// The clip's, or null where it has none.
const predictors::EncodedPrompt* prompt_of(const data::Clip& clip, const predictors::EncodedPrompts& prompts);

}  // namespace qamro::cli
