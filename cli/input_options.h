#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "qamro/data/manifest.h"
#include "qamro/predictors/clip_encoding.h"
#include "qamro/predictors/predictor.h"

namespace qamro::cli {

// What the commands that read audio have in common: which clips, which model, how to run it.
struct InputOptions {
  std::vector<std::string> inputs;
  std::string model;
  std::string system_rule;
  std::string precision = "fp32";
  std::string device = "cpu";
  std::string mono;  // empty: as the model says
  int threads = 0;   // 0: as many as the machine has
  std::string shard;
  std::vector<std::string> prompt_files;
  std::string prompt;  // of all clips
};

void add_input_options(CLI::App& command, InputOptions& options);
// Of those the model, how to run it, and the clips' prompts.
void add_model_options(CLI::App& command, InputOptions& options);

// The clips of all inputs, in input order, with their systems and prompts; of them only the shard's. Throws
// InvalidInput or FileError when an input is no file, folder or manifest.
std::vector<data::Clip> read_clips(const InputOptions& options);

// Opens the device, and says on stderr where the processor lacks what makes the precision fast. Throws
// InvalidInput for an unknown precision or device, and for one that is not here.
predictors::Compute compute_of(const InputOptions& options);

predictors::EncodingOptions encoding_options(const InputOptions& options, audio::MonoPolicy of_model);

const char* mono_policy_name(audio::MonoPolicy policy);

}  // namespace qamro::cli
