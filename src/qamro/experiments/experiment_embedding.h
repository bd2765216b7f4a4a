#pragma once

#include <string>
#include <vector>

#include "qamro/experiments/experiment_setup.h"

namespace qamro::experiments {

// Writes OUTPUT/embeddings.safetensors of the setup's clips, whose audio and encoder are there, in parts that
// a killed run leaves behind and the next one takes over; nothing is done where the file is there already.
// Returns the errors of clips that could not be embedded: then there is no file. "" of embedding_digest():
// there is none.
std::vector<std::string> embed_experiment(const ExperimentSetup& setup, const ExperimentOptions& options,
                                          const ExperimentObserver& observer);

// What names encoder, layout and the bytes of all audio files, as the file of embeddings carries it.
std::string embedding_digest(const ExperimentOptions& options);

}  // namespace qamro::experiments
