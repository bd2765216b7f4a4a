// The ranking loss alone: value and gradient on one core, for batch sizes from 16 to a million. On a busy
// machine, read the CPU column.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <vector>

#include "qamro/core/random.h"
#include "qamro/losses/ranking_axis.h"

namespace {

struct Batch {
  std::vector<double> prediction;
  std::vector<double> target;
};

// levels == 0: real-valued labels, else ratings with that many different values.
Batch random_batch(std::size_t n, std::uint64_t levels) {
  qamro::Random random(n);
  Batch batch;
  for (std::size_t i = 0; i < n; ++i) {
    const double y = levels == 0 ? 4 * random.uniform() : static_cast<double>(random.below(levels));
    batch.target.push_back(1 + y);
    batch.prediction.push_back(1 + y + random.uniform());
  }
  return batch;
}

void ranking_loss(benchmark::State& state, std::uint64_t levels) {
  const auto n = static_cast<std::size_t>(state.range(0));
  const Batch batch = random_batch(n, levels);
  std::vector<double> gradient(n);
  for (auto _ : state) {
    const auto weight = qamro::losses::preference_weight(qamro::losses::min_max_quality(batch.target), 7.0);
    benchmark::DoNotOptimize(
        qamro::losses::pairwise_hinge(batch.prediction, batch.target, weight, 0.0, 0.2, gradient));
    benchmark::ClobberMemory();
  }
  state.SetComplexityN(state.range(0));
}

void sizes(benchmark::internal::Benchmark* benchmark) {
  for (const std::int64_t n : {16, 256, 4096, 65536, 1000000}) benchmark->Arg(n);
  benchmark->Unit(benchmark::kMicrosecond)->Complexity(benchmark::oNLogN);
}

BENCHMARK_CAPTURE(ranking_loss, real_labels, 0)->Apply(sizes);
BENCHMARK_CAPTURE(ranking_loss, five_levels, 5)->Apply(sizes);

}  // namespace

BENCHMARK_MAIN();
