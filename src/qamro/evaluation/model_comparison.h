#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "qamro/metrics/metric.h"
#include "qamro/statistics/bootstrap.h"

namespace qamro::evaluation {

// Several models' scores of the same clips on one axis, in file order.
struct ComparisonData {
  std::vector<std::string> models;
  std::vector<std::vector<double>> predictions;  // [model][clip]; NaN: no score; the clip takes no part
  std::vector<double> label;                     // [clip]; NaN: as above
  std::vector<std::string> systems;              // [clip]; empty vector: not known, no system level
  std::vector<std::string> groups;               // [clip]: what is drawn; empty vector: clips are drawn
};

// One metric of one model, and how far it is from the reference model's.
struct ComparedMetric {
  metrics::MetricValue metric;
  statistics::BootstrapInterval bootstrap;
  // Model minus reference; absent for the reference itself, and if undefined.
  std::optional<double> difference;
  std::optional<statistics::Interval> difference_interval;
  std::optional<double> difference_p;
};

struct ComparedLevel {
  std::size_t n = 0;      // clips or systems
  std::size_t units = 0;  // that change sides in the permutation test: groups (or clips), or systems
  metrics::PerMetric<ComparedMetric> metrics;
};

struct ComparedModel {
  std::string model;
  std::optional<ComparedLevel> utterance;  // always present
  std::optional<ComparedLevel> system;     // if systems are known
};

// Metrics of every model over the clips that all models score, as evaluate() gives them: the bootstrap draws
// groups (system means are taken over the clips drawn; the systems stay). Differences from the reference,
// with intervals and p-values, are those of compare_predictors(): `qamro compare --labels --resample GROUP`
// finds the same. Both take the models as they are, so average the scores of several seeds into one model
// first. tests/evaluation/model_comparison_test.cpp counts how often two equally good models are told apart
// with 16 groups. `reference`: number of the model that the others are compared with. permutations: 0: no
// p-values. Throws InvalidInput if lengths do not fit, if there is no model, or if `reference` is not the
// number of a model.
std::vector<ComparedModel> compare_models(const ComparisonData& data, std::size_t reference,
                                          const statistics::BootstrapOptions& options = {},
                                          std::int64_t permutations = 2'000);

}  // namespace qamro::evaluation
