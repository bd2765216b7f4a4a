#include "cli/evaluate_options.h"

namespace qamro::cli {
namespace {

void add_tables(CLI::App& command, EvaluateOptions& options) {
  add_rating_inputs(command, options.ratings);
  command
      .add_option(
          "--predictions", options.predictions,
          "predicted scores, e.g. from 'qamro score', an answer of the AudioMOS challenge, SHEET's or VERSA's results; joined on path (or id, sample_id, key); may be repeated")
      ->allow_extra_args(false);
  command.add_option("--json", options.json, "also write the numbers to this file");
}

void add_beside(CLI::App& command, EvaluateOptions& options) {
  command
      .add_option(
          "--baseline", options.request.baselines,
          "also evaluate a baseline: 'lookup' (predicts each system's mean training label), 'constant' (predicts the mean training label) or [NAME=]FILE (another predictor's scores); may be repeated; needs no --predictions")
      ->allow_extra_args(false);
  command
      .add_option(
          "--train", options.train,
          "training labels of the baselines (default: the labels of split 'train' if --where names another split)")
      ->allow_extra_args(false);
  command.add_flag(
      "--ceiling", options.request.ceiling,
      "also report the best agreement that the raters' noise allows; needs the ratings of single raters");
  command
      .add_option("--ceiling-rounds", options.request.ceiling_rounds,
                  "random splits and simulations for --ceiling")
      ->capture_default_str();
  command.add_option("--by", options.request.part_column,
                     "also evaluate the clips of each value of this label column separately, e.g. domain");
  command.add_flag("--systems", options.systems, "also print every system's mean and place");
}

void add_conventions(CLI::App& command, EvaluateOptions& options) {
  command
      .add_option("--level", options.request.choices.level,
                  "utterance, system or both (default: both if the systems are known)")
      ->check(CLI::IsMember({"utterance", "system", "both"}));
  command
      .add_option(
          "--system-truth", options.request.choices.system_truth,
          "the true score of a system: 'split' (the mean label of its evaluated clips) or a table with a column 'system' and one column per axis")
      ->capture_default_str();
  command
      .add_option("--decimals", options.request.choices.decimals,
                  "round system means to this many decimals (published tables: 4)")
      ->check(CLI::Range(0, 15));
}

void add_bootstrap(CLI::App& command, EvaluateOptions& options) {
  command
      .add_option("--bootstrap", options.request.choices.bootstrap.resamples,
                  "bootstrap resamples for the intervals; 0: no intervals")
      ->capture_default_str();
  command
      .add_option("--confidence", options.request.choices.bootstrap.confidence, "confidence of the intervals")
      ->capture_default_str();
  command
      .add_option(
          "--resample", options.request.choices.resample,
          "what the bootstrap resamples: 'points' (clips at the utterance level, systems at the system level), 'clips' (within their systems), 'systems', 'systems+clips', or a label column whose groups are drawn whole (sentence, prompt, listener); '+raters' also resamples each clip's raters; 'raters' resamples only them")
      ->capture_default_str();
  command.add_option("--seed", options.request.choices.bootstrap.seed, "seed of the resamples")
      ->capture_default_str();
  command.add_option("--threads", options.request.choices.bootstrap.threads, "threads to use; 0: all cores")
      ->capture_default_str();
}

}  // namespace

void add_evaluate_options(CLI::App& command, EvaluateOptions& options) {
  add_tables(command, options);
  add_beside(command, options);
  add_conventions(command, options);
  add_bootstrap(command, options);
  add_report_options(command, options.report);
}

}  // namespace qamro::cli
