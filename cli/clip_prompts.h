#pragma once

#include <vector>

#include "cli/input_options.h"
#include "qamro/data/manifest.h"
#include "qamro/models/predictor.h"

namespace qamro::cli {

// Throws InvalidInput if prompts are given to a model that reads none.
void check_prompts(const models::Predictor& predictor, const InputOptions& input);

// Encodes each distinct prompt of the clips once; empty if the model reads none.
models::EncodedPrompts encode_prompts(const models::Predictor& predictor,
                                      const std::vector<data::Clip>& clips, int threads);

// The clip's prompt, or null if it has none.
const models::EncodedPrompt* prompt_of(const data::Clip& clip, const models::EncodedPrompts& prompts);

}  // namespace qamro::cli
