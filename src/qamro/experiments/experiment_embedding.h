#pragma once

#include <string>
#include <vector>

#include "qamro/experiments/experiment_setup.h"

namespace qamro::experiments {

// Writes OUTPUT/embeddings.safetensors for the setup's clips; their audio and the encoder must be there.
// Works in parts, which a killed run leaves for the next one. Does nothing if the file is already there.
// Returns the errors of clips that could not be embedded; then no file is written.
std::vector<std::string> embed_experiment(const ExperimentSetup& setup, const ExperimentOptions& options,
                                          const ExperimentObserver& observer);

// The hash of encoder, layout, prompts and all audio files from the file of embeddings; "" without one.
std::string embedding_digest(const ExperimentOptions& options);

}  // namespace qamro::experiments
