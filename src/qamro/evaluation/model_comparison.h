#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "qamro/evaluation/bootstrap.h"
#include "qamro/evaluation/four_metrics.h"
#include "qamro/metrics/metric_value.h"

namespace qamro::evaluation {

// Several models' scores of the same clips on one axis, in file order.
struct ComparisonData {
  std::vector<std::string> models;
  std::vector<std::vector<double>> predictions;  // [model][clip]; NaN: none, the clip leaves the comparison
  std::vector<double> label;                     // [clip]; NaN: as above
  std::vector<std::string> systems;              // [clip]; empty vector: not known, no system level
  std::vector<std::string> groups;               // [clip]: what is drawn; empty vector: clips are drawn
};

// One metric of one model, and how far it is from the reference model's.
struct ComparedMetric {
  metrics::MetricValue metric;
  BootstrapInterval bootstrap;
  std::optional<double> difference;  // model - reference; none for the reference itself or where undefined
  BootstrapInterval difference_bootstrap;

  // The interval of the difference leaves out 0.
  bool is_beyond_chance() const;
};

struct ComparedLevel {
  std::size_t n = 0;                      // clips or systems
  std::array<ComparedMetric, 4> metrics;  // as kMetricNames
};

struct ComparedModel {
  std::string model;
  std::optional<ComparedLevel> utterance;  // always there
  std::optional<ComparedLevel> system;     // where systems are known
};

// Metrics of every model over the clips that all of them score, with percentile bootstrap intervals over
// groups (system means are taken over the clips drawn, the systems stay). Every resample is the same for all
// models, so that intervals and p-values of the differences are paired. What is drawn is the rated material;
// the models are taken as they are, so scores of several seeds belong averaged into those of one model.
// Percentile intervals of differences over few groups are a little narrow:
// tests/evaluation/model_comparison_test.cpp counts how often two models that are equally good are told apart
// with 16 groups. `reference` is the number of the model that others are compared with. Throws InvalidInput
// for lengths that do not fit, no model, or a reference that is none.
std::vector<ComparedModel> compare_models(const ComparisonData& data, std::size_t reference,
                                          const BootstrapOptions& options = {});

}  // namespace qamro::evaluation
