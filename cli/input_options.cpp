#include "cli/input_options.h"

#include <fmt/format.h>

#include <iostream>
#include <utility>

#include "qamro/core/enum_names.h"
#include "qamro/core/error.h"
#include "qamro/core/jobs.h"
#include "qamro/core/processor.h"
#include "qamro/data/manifest.h"
#include "qamro/data/prompts.h"
#include "qamro/models/registry.h"
#include "qamro/nn/arithmetic.h"
#include "qamro/nn/device.h"

namespace qamro::cli {
namespace {

// Returns the error message, or "". Checked before anything is loaded.
std::string refuse_device(const std::string& device) {
  try {
    nn::parse_device(device);
    return "";
  } catch (const InvalidInput& error) {
    return error.what();
  }
}

}  // namespace

void add_input_options(CLI::App& command, InputOptions& options) {
  command
      .add_option(
          "INPUT", options.inputs,
          "audio files, folders (recursive), .jsonl or .csv manifests, or - for JSONL, a table or the bytes of one audio file on stdin")
      ->required();
  add_model_options(command, options);
  add_column_options(command, options.key, options.system_column);
  command.add_option(
      "--system", options.system_rule,
      "system of a clip whose manifest names none: 'folder' (name of its folder), 'prefix' (file name up to the first _), or a regular expression on the path (its first group, or the whole match)");
  command.add_option("--shard", options.shard,
                     "I/N: only every N-th clip, starting with the I-th (one of N jobs)");
}

void add_column_options(CLI::App& command, std::string& key, std::string& system) {
  command.add_option(
      "--key", key,
      "column that names the clips, in the tables that have it (default: path, filename, id, utt_id or the like)");
  command.add_option(
      "--system-column", system,
      "column that names the systems, in the tables that have it (default: system, system_id or the like)");
}

void add_model_options(CLI::App& command, InputOptions& options) {
  command.add_option("--model", options.model, "name or folder of a model ('qamro model list' shows them)")
      ->default_str(models::kDefaultModel);
  command
      .add_option(
          "--precision", options.precision,
          "fp32 (the reference's arithmetic), bf16 (faster), int8 (only on a CPU; kinds audiobox and clap) or fp16 (only on a GPU; finer than bf16)")
      ->capture_default_str();
  command
      .add_option(
          "--device", options.device,
          "cpu, or a GPU: cuda or cuda:N ('tools/setup.sh cuda' installs the libraries that it needs)")
      ->check(CLI::Validator(refuse_device, "", "device"))
      ->capture_default_str();
  command.add_option("--mono", options.mono,
                     "how to mix several channels: 'mean' of all or only the 'first' (default: the model's)");
  command.add_option("--threads", options.threads, "threads to use (default: all cores)");
  auto* prompt_files = command.add_option(
      "--prompts", options.prompt_files,
      "TSV files with lines id<TAB>prompt, for clips whose manifest gives no prompt; the id is the P### in the clip's file name, or that name");
  command.add_option("--prompt", options.prompt, "one prompt for all clips whose manifest gives none")
      ->excludes(prompt_files)
      ->check(CLI::Validator(
          [](const std::string& text) { return text.empty() ? "expected text that is not empty" : ""; },
          "TEXT"));
}

std::vector<data::Clip> read_clips(const InputOptions& options) {
  std::vector<std::string> notes;
  auto clips = data::read_manifest(
      options.inputs, std::cin,
      {.path_column = options.key, .system_column = options.system_column, .notes = &notes});
  for (const std::string& note : notes) std::cerr << note << "\n";
  if (!options.system_rule.empty()) data::apply_system_rule(clips, data::SystemRule(options.system_rule));
  if (!options.prompt_files.empty()) {
    const std::vector<std::filesystem::path> files(options.prompt_files.begin(), options.prompt_files.end());
    data::apply_prompts(clips, data::PromptFinder(data::read_prompts(files)));
  }
  if (!options.prompt.empty()) data::apply_prompt(clips, options.prompt);
  if (options.shard.empty()) return clips;
  const auto shard = data::parse_shard(options.shard);
  if (!shard)
    throw InvalidInput(
        fmt::format("--shard: expected I/N with 1 <= I <= N, e.g. 2/8, got '{}'", options.shard));
  return data::clips_of_shard(std::move(clips), *shard);
}

models::Compute compute_of(const InputOptions& options) {
  const models::Compute compute(models::parse_precision(options.precision), nn::parse_device(options.device));
  nn::open_device(compute.device);
  if (compute.device.is_cpu() && compute.precision == models::Precision::bf16 &&
      nn::Arithmetic(compute.precision).rows != at::kBFloat16)
    std::cerr << "qamro: this processor has no bfloat16 arithmetic (" << to_string(processor())
              << "): models of kinds audiobox and clap use integers of similar precision, others use fp32\n";
  return compute;
}

models::EncodingOptions encoding_options(const InputOptions& options, audio::MonoPolicy of_model) {
  if (options.threads < 0)
    throw InvalidInput(fmt::format("--threads: expected 1 or more, got {}", options.threads));
  models::EncodingOptions encoding;
  encoding.threads = thread_count(options.threads);
  encoding.mono_policy = of_model;
  if (options.mono.empty()) return encoding;
  const auto policy = value_named<audio::MonoPolicy>(options.mono);
  if (!policy) throw InvalidInput(fmt::format("--mono: expected mean or first, got '{}'", options.mono));
  encoding.mono_policy = *policy;
  return encoding;
}

std::unique_ptr<models::Predictor> open_model(const InputOptions& options) {
  auto predictor = models::open_predictor(options.model.empty() ? models::kDefaultModel : options.model,
                                          compute_of(options));
  if (predictor->text_encoder() == nullptr && !(options.prompt.empty() && options.prompt_files.empty()))
    throw InvalidInput(fmt::format("--prompt, --prompts: expected a model that reads prompts, got '{}'",
                                   predictor->description().name));
  return predictor;
}

}  // namespace qamro::cli
