#include "qamro/evaluation/axis_sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "qamro/core/error.h"
#include "qamro/metrics/system_means.h"

namespace qamro::evaluation {
namespace {

// Names to indices, in the order of their first appearance.
class Interner {
 public:
  std::uint32_t operator()(const std::string& name) {
    const auto [found, is_new] = index_.try_emplace(name, static_cast<std::uint32_t>(names.size()));
    if (is_new) names.push_back(name);
    return found->second;
  }
  std::vector<std::string> names;

 private:
  std::unordered_map<std::string, std::uint32_t> index_;
};

std::vector<double> given_truth(const AxisSample& sample, std::size_t axis, const SystemTruth& truth) {
  std::vector<double> values;
  for (const std::string& name : sample.system_names) {
    const auto found = std::find(truth.systems.begin(), truth.systems.end(), name);
    const double value = found == truth.systems.end()
                             ? std::nan("")
                             : truth.values.at(axis)[static_cast<std::size_t>(found - truth.systems.begin())];
    if (!std::isfinite(value))
      throw InvalidInput(
          fmt::format("system truth: expected a value of {} for system '{}', got none", sample.axis, name));
    values.push_back(value);
  }
  return values;
}

double rounded(double mean, std::optional<int> decimals) {
  return decimals ? metrics::round_decimals(mean, *decimals) : mean;
}

}  // namespace

AxisSample axis_sample(const JoinedScores& scores, std::size_t axis,
                       const std::optional<SystemTruth>& truth) {
  AxisSample sample;
  sample.axis = scores.axes[axis];
  Interner systems;
  Interner groups;
  for (std::size_t clip = 0; clip < scores.clips(); ++clip) {
    const double label = scores.labels[axis][clip];
    const double prediction = scores.predictions[axis][clip];
    if (std::isnan(label) || std::isnan(prediction)) continue;
    sample.label.push_back(label);
    sample.prediction.push_back(prediction);
    if (!scores.systems.empty()) sample.system.push_back(systems(scores.systems[clip]));
    if (!scores.groups.empty()) sample.group.push_back(groups(scores.groups[clip]));
  }
  sample.system_names = std::move(systems.names);
  sample.groups = groups.names.size();
  if (truth) sample.truth = given_truth(sample, axis, *truth);
  return sample;
}

Pairs clip_pairs(const AxisSample& sample, std::span<const std::uint32_t> counts) {
  Pairs pairs;
  for (std::size_t clip = 0; clip < counts.size(); ++clip) {
    pairs.prediction.insert(pairs.prediction.end(), counts[clip], sample.prediction[clip]);
    pairs.label.insert(pairs.label.end(), counts[clip], sample.label[clip]);
  }
  return pairs;
}

Pairs system_pairs(const AxisSample& sample, std::span<const std::uint32_t> clip_counts,
                   std::span<const std::uint32_t> system_counts, std::optional<int> decimals) {
  const std::size_t systems = sample.system_names.size();
  std::vector<double> prediction(systems);
  std::vector<double> label(systems);
  std::vector<std::uint64_t> clips(systems);
  for (std::size_t clip = 0; clip < clip_counts.size(); ++clip) {
    const std::uint32_t system = sample.system[clip];
    const double count = clip_counts[clip];
    prediction[system] += count * sample.prediction[clip];
    label[system] += count * sample.label[clip];
    clips[system] += clip_counts[clip];
  }
  Pairs pairs;
  for (std::size_t s = 0; s < systems; ++s) {
    if (clips[s] == 0) continue;
    const auto n = static_cast<double>(clips[s]);
    const double truth = sample.truth ? (*sample.truth)[s] : rounded(label[s] / n, decimals);
    pairs.prediction.insert(pairs.prediction.end(), system_counts[s], rounded(prediction[s] / n, decimals));
    pairs.label.insert(pairs.label.end(), system_counts[s], truth);
  }
  return pairs;
}

}  // namespace qamro::evaluation
