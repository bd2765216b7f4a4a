#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "qamro/data/manifest.h"
#include "qamro/models/clip_encoding.h"
#include "qamro/models/predictor.h"

namespace qamro::cli {

// Options shared by the commands that read audio: the clips, the model, and how to run it.
struct InputOptions {
  std::vector<std::string> inputs;
  std::string model;
  std::string key;            // column of a table; empty: the first with a usual name
  std::string system_column;  // likewise
  std::string system_rule;
  std::string precision = "fp32";
  std::string device = "cpu";
  std::string mono;  // empty: the model's own
  int threads = 0;   // 0: all cores of the machine
  std::string shard;
  std::vector<std::string> prompt_files;
  std::string prompt;  // for all clips
};

void add_input_options(CLI::App& command, InputOptions& options);
// --key and --system-column, for every command that reads tables.
void add_column_options(CLI::App& command, std::string& key, std::string& system);
// Only the options for the model, for how to run it, and for the clips' prompts.
void add_model_options(CLI::App& command, InputOptions& options);

// The clips of all inputs, in input order, with their systems and prompts; with a shard, only its clips.
// Throws InvalidInput or FileError if an input is not a file, folder or manifest.
std::vector<data::Clip> read_clips(const InputOptions& options);

// Opens the device. Says on stderr if the processor lacks what makes the precision fast. Throws InvalidInput
// for an unknown precision or device, and for a device that is not available.
models::Compute compute_of(const InputOptions& options);

models::EncodingOptions encoding_options(const InputOptions& options, audio::MonoPolicy of_model);

// Opens the model that scores. Throws as compute_of() and models::open_predictor(), and InvalidInput if
// prompts are given to a model that reads none.
std::unique_ptr<models::Predictor> open_model(const InputOptions& options);

}  // namespace qamro::cli
