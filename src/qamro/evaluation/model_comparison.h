#pragma once

#include <cstddef>
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
  std::optional<double> difference;  // model - reference; absent for the reference itself or if undefined
  statistics::BootstrapInterval difference_bootstrap;
};

struct ComparedLevel {
  std::size_t n = 0;  // clips or systems
  metrics::PerMetric<ComparedMetric> metrics;
};

struct ComparedModel {
  std::string model;
  std::optional<ComparedLevel> utterance;  // always present
  std::optional<ComparedLevel> system;     // if systems are known
};

// Metrics of every model over the clips that all models score, with stabilised bootstrap intervals over
// groups (system means are taken over the clips drawn; the systems stay). Every resample is the same for all
// models, so that intervals and p-values of the differences are paired. The bootstrap draws the rated
// material and takes the models as they are, so average the scores of several seeds into one model first.
// Differences have percentile intervals, which are a little narrow with few groups:
// tests/evaluation/model_comparison_test.cpp counts how often two equally good models are told apart with 16
// groups. `reference`: number of the model that the others are compared with. Throws InvalidInput if lengths
// do not fit, if there is no model, or if `reference` is not the number of a model.
std::vector<ComparedModel> compare_models(const ComparisonData& data, std::size_t reference,
                                          const statistics::BootstrapOptions& options = {});

}  // namespace qamro::evaluation
