#include "qamro/evaluation/system_estimates.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <span>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/evaluation/evaluation_sample.h"
#include "qamro/statistics/mean_test.h"
#include "qamro/statistics/numbers.h"

namespace qamro::evaluation {
namespace {

// Places from 1, the largest mean first; NaN for a mean of NaN.
std::vector<double> ranks_of(std::span<const double> means) {
  std::vector<double> sorted;
  for (const double mean : means)
    if (!std::isnan(mean)) sorted.push_back(mean);
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  std::vector<double> ranks;
  for (const double mean : means) {
    const auto place = std::lower_bound(sorted.begin(), sorted.end(), mean, std::greater<>());
    ranks.push_back(std::isnan(mean) ? statistics::kUndefined
                                     : static_cast<double>(place - sorted.begin()) + 1);
  }
  return ranks;
}

// The means of one side in every resample, and what follows from them.
class Side {
 public:
  // values: [resample][system]
  Side(std::vector<double> means, std::vector<double> values)
      : means_(std::move(means)), ranks_(ranks_of(means_)), values_(std::move(values)) {
    const std::size_t systems = means_.size();
    resampled_ranks_.reserve(values_.size());
    for (std::size_t i = 0; i + systems <= values_.size() && systems > 0; i += systems) {
      const auto ranks = ranks_of(std::span(values_).subspan(i, systems));
      resampled_ranks_.insert(resampled_ranks_.end(), ranks.begin(), ranks.end());
    }
  }

  // own: the clips' numbers, if the interval of the mean is theirs (the same as compare's); empty: the spread
  // of the resampled means, which also draw groups or raters.
  SystemEstimate estimate(std::size_t system, std::size_t clips, bool varies, double confidence,
                          const std::vector<double>& own) const {
    SystemEstimate result{means_[system], std::nullopt, static_cast<std::size_t>(ranks_[system]),
                          std::nullopt};
    if (values_.empty() || !varies || clips < 2) return result;
    result.mean_interval =
        own.empty() ? statistics::stabilised_interval(statistics::column_of(values_, means_.size(), system),
                                                      means_[system], statistics::IntervalScale::kIdentity,
                                                      clips, confidence)
                          .interval
                    : statistics::mean_interval(own, confidence);
    const auto ranks = statistics::percentile_interval(
        statistics::column_of(resampled_ranks_, means_.size(), system), confidence);
    if (ranks.interval)
      result.rank_interval =
          statistics::Interval{std::floor(ranks.interval->low), std::ceil(ranks.interval->high)};
    return result;
  }

 private:
  std::vector<double> means_;  // [system]
  std::vector<double> ranks_;
  std::vector<double> values_;
  std::vector<double> resampled_ranks_;
};

// Writes the means by system of the layout; NaN if the resample has none of a system.
void scatter(const statistics::SystemMeanPairs& pairs, std::span<double> labels,
             std::span<double> predictions) {
  std::fill(labels.begin(), labels.end(), statistics::kUndefined);
  std::fill(predictions.begin(), predictions.end(), statistics::kUndefined);
  for (std::size_t i = 0; i < pairs.system.size(); ++i) {
    labels[pairs.system[i]] = pairs.means.label[i];
    predictions[pairs.system[i]] = pairs.means.prediction[i];
  }
}

// The labels and predictions of each system's clips that have both.
struct ClipsOfSystem {
  std::vector<double> labels;
  std::vector<double> predictions;
};

std::vector<ClipsOfSystem> clips_of_systems(const JoinedScores& scores, std::size_t axis,
                                            const statistics::SampleLayout& layout) {
  std::vector<ClipsOfSystem> systems(layout.systems());
  for (std::size_t clip = 0; clip < layout.clips; ++clip) {
    const double label = scores.labels[axis][clip];
    const double prediction = scores.predictions[axis][clip];
    if (std::isnan(label) || std::isnan(prediction)) continue;
    systems[layout.system[clip]].labels.push_back(label);
    systems[layout.system[clip]].predictions.push_back(prediction);
  }
  return systems;
}

// [resample][system] of one axis and side, taken from [resample][axis][side][system].
std::vector<double> side_of(std::span<const double> values, std::size_t row, std::size_t begin,
                            std::size_t systems) {
  std::vector<double> side;
  side.reserve(row > 0 ? values.size() / row * systems : 0);
  for (std::size_t i = begin; i < values.size(); i += row) {
    const auto part = values.subspan(i, systems);
    side.insert(side.end(), part.begin(), part.end());
  }
  return side;
}

}  // namespace

std::vector<AxisSystems> estimate_systems(const JoinedScores& scores, const EvaluationOptions& options) {
  options.bootstrap.validate();
  if (scores.clips() > 0 && scores.systems.empty())
    throw InvalidInput("system means: expected a system for every clip, got none");
  const EvaluationSample sample(scores, options.system_truth, options.decimals);
  const std::size_t systems = scores.clips() == 0 ? 0 : sample.layout().systems();
  const std::size_t row = 2 * systems * scores.axes.size();
  const statistics::ResamplingScheme scheme = statistics::scheme_of_systems(options.unit, options.raters);
  const bool only_clips =
      scheme == statistics::ResamplingScheme{.clips = statistics::ClipDraw::kWithinSystems};
  std::vector<double> values;
  if (systems > 0 && options.bootstrap.resamples > 0)
    values = sample.resample(scheme, "evaluate/systems", options.bootstrap, 2 * systems,
                             [&](const statistics::AxisResamples& axis, const statistics::Resample& drawn,
                                 statistics::AxisResamples::Scratch& scratch, std::span<double> out) {
                               axis.system_means(drawn, scratch, scratch.systems);
                               scatter(scratch.systems, out.first(systems), out.subspan(systems));
                             });
  const bool label_varies = !options.system_truth;
  std::vector<AxisSystems> result;
  for (std::size_t axis = 0; axis < scores.axes.size(); ++axis) {
    AxisSystems& of_axis = result.emplace_back(AxisSystems{scores.axes[axis], {}});
    if (systems == 0) continue;
    std::vector<double> labels(systems);
    std::vector<double> predictions(systems);
    statistics::AxisResamples::Scratch scratch;
    sample.axes()[axis].system_means(statistics::Resample::all(sample.layout()), scratch, scratch.systems);
    scatter(scratch.systems, labels, predictions);
    const Side label(labels, side_of(values, row, 2 * systems * axis, systems));
    const Side prediction(predictions, side_of(values, row, 2 * systems * axis + systems, systems));
    auto clips = clips_of_systems(scores, axis, sample.layout());
    for (std::size_t s = 0; s < systems; ++s) {
      const std::size_t n = clips[s].labels.size();
      if (n == 0) continue;
      const double confidence = options.bootstrap.confidence;
      if (!only_clips) clips[s] = {};
      of_axis.systems.push_back({sample.layout().system_names[s], n,
                                 label.estimate(s, n, label_varies, confidence, clips[s].labels),
                                 prediction.estimate(s, n, true, confidence, clips[s].predictions)});
    }
  }
  return result;
}

}  // namespace qamro::evaluation
