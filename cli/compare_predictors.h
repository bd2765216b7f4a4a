#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/input_options.h"
#include "cli/rating_inputs.h"
#include "qamro/statistics/bootstrap.h"

namespace qamro::cli {

struct CompareOptions {
  std::vector<std::string> inputs;
  RatingInputs ratings;  // no labels: systems are compared
  InputOptions audio;
  std::string system_truth = "split";
  std::string resample = "points";
  std::string metric = "srcc";
  std::int64_t permutations = 10'000;
  statistics::BootstrapOptions bootstrap;
  double detect = 0.1;  // see evaluation::NoticeOptions
  double power = 0.8;
  std::string json;
};

// Compares two files of predictions against the labels.
int run_predictors(const CompareOptions& options);

}  // namespace qamro::cli
