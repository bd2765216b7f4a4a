// Evaluation at the size of issue 7: 100,000 clips of 1,000 systems on four axes, 1,000 bootstrap rounds at
// both levels; Kendall's tau-b of a million pairs. MSE, LCC, SRCC and KTAU are all computed. Peak memory is
// the process's peak so far, in MiB. On a busy machine, read the CPU column (calling thread alone) and
// process_cpu_seconds (all threads).
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <cmath>
#include <cstddef>
#include <string>

#include "qamro/core/random.h"
#include "qamro/evaluation/evaluate.h"
#include "qamro/evaluation/system_comparison.h"
#include "qamro/evaluation/system_estimates.h"
#include "qamro/metrics/correlation.h"

namespace {

using qamro::evaluation::EvaluationOptions;
using qamro::evaluation::JoinedScores;
using qamro::statistics::ResamplingUnit;

constexpr std::size_t kClips = 100'000;
constexpr std::size_t kSystems = 1'000;
constexpr std::size_t kAxes = 4;
constexpr std::size_t kRaters = 5;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

void report(benchmark::State& state, double cpu_before) {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_MiB"] = static_cast<double>(usage.ru_maxrss) / 1024;
  state.counters["process_cpu_seconds"] = seconds(usage.ru_utime) + seconds(usage.ru_stime) - cpu_before;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Labels are means of five whole ratings from 1 to 5; predictions are real-valued.
JoinedScores large_table(bool with_raters) {
  qamro::Random random(1);
  JoinedScores scores;
  for (std::size_t axis = 0; axis < kAxes; ++axis) {
    scores.axes.push_back(std::string(1, static_cast<char>('A' + axis)));
    scores.labels.emplace_back();
    scores.predictions.emplace_back();
    if (with_raters) scores.raters.emplace_back();
    for (std::size_t clip = 0; clip < kClips; ++clip) {
      const double quality = 1 + 3.0 * static_cast<double>(clip % kSystems) / kSystems;
      std::vector<double> ratings(kRaters);
      double sum = 0;
      for (double& rating : ratings) sum += rating = std::floor(quality + 1.99 * random.uniform());
      scores.labels[axis].push_back(sum / kRaters);
      scores.predictions[axis].push_back(quality + random.uniform());
      if (with_raters) scores.raters[axis].push_back(std::move(ratings));
    }
  }
  for (std::size_t clip = 0; clip < kClips; ++clip)
    scores.systems.push_back("s" + std::to_string(clip % kSystems));
  return scores;
}

void bootstrap(benchmark::State& state, ResamplingUnit unit, bool raters, std::int64_t rounds) {
  const JoinedScores scores = large_table(raters);
  EvaluationOptions options;
  options.unit = unit;
  options.raters = raters;
  options.bootstrap = {.resamples = rounds, .threads = 2};
  const double before = cpu_seconds();
  for (auto _ : state) benchmark::DoNotOptimize(qamro::evaluation::evaluate(scores, options));
  report(state, before);
}

void systems(benchmark::State& state) {
  const JoinedScores scores = large_table(false);
  const EvaluationOptions options{.bootstrap = {.resamples = 1000, .threads = 2}};
  const double before = cpu_seconds();
  for (auto _ : state) benchmark::DoNotOptimize(qamro::evaluation::estimate_systems(scores, options));
  report(state, before);
}

// 70 systems of 100 clips that all have, and 14 of 1,000 clips of their own: the ranking of score and
// compare.
void comparison(benchmark::State& state, int systems, int clips, bool is_paired) {
  qamro::Random random(3);
  qamro::evaluation::SystemScores scores;
  for (int system = 0; system < systems; ++system)
    for (int clip = 0; clip < clips; ++clip) {
      scores.systems.push_back("s" + std::to_string(system));
      scores.scores.push_back(3 + random.uniform());
      scores.items.push_back(std::to_string(is_paired ? clip : system * clips + clip));
    }
  const auto by_system = qamro::evaluation::by_system(scores);
  const double before = cpu_seconds();
  for (auto _ : state)
    benchmark::DoNotOptimize(qamro::evaluation::judge_systems("mos", by_system, {}, {}, 2));
  report(state, before);
}

void ktau(benchmark::State& state, double levels) {
  const auto n = static_cast<std::size_t>(state.range(0));
  qamro::Random random(2);
  std::vector<double> label(n);
  std::vector<double> prediction(n);
  for (std::size_t i = 0; i < n; ++i) {
    label[i] = levels > 0 ? std::floor(levels * random.uniform()) : random.uniform();
    prediction[i] = label[i] + random.uniform();
  }
  const double before = cpu_seconds();
  for (auto _ : state) benchmark::DoNotOptimize(qamro::metrics::ktau(prediction, label));
  report(state, before);
}

BENCHMARK_CAPTURE(bootstrap, points_1000_rounds, ResamplingUnit::kPoints, false, 1000)
    ->Unit(benchmark::kSecond)
    ->UseRealTime()
    ->Iterations(1);
BENCHMARK_CAPTURE(bootstrap, systems_and_clips_1000_rounds, ResamplingUnit::kSystemsAndClips, false, 1000)
    ->Unit(benchmark::kSecond)
    ->UseRealTime()
    ->Iterations(1);
BENCHMARK_CAPTURE(bootstrap, clips_and_raters_100_rounds, ResamplingUnit::kClips, true, 100)
    ->Unit(benchmark::kSecond)
    ->UseRealTime()
    ->Iterations(1);
BENCHMARK(systems)->Unit(benchmark::kSecond)->UseRealTime()->Iterations(1);
BENCHMARK_CAPTURE(comparison, 70_systems_of_100, 70, 100, true)->Unit(benchmark::kSecond)->UseRealTime();
BENCHMARK_CAPTURE(comparison, 14_systems_of_1000_unpaired, 14, 1000, false)
    ->Unit(benchmark::kSecond)
    ->UseRealTime()
    ->Iterations(1);
BENCHMARK_CAPTURE(ktau, real_labels, 0.0)->Arg(1'000'000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(ktau, twenty_levels, 20.0)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
