#pragma once

#include <cstddef>
#include <cstdint>

#include "qamro/losses/cuda/device_workspace.h"
#include "qamro/losses/ranking_options.h"

namespace qamro::losses {

// One axis of a batch, like RankingAxis, in device memory. A target of NaN is no label.
struct DeviceRankingAxis {
  const double* prediction = nullptr;   // [n], finite
  const double* target = nullptr;       // [n], finite or NaN
  const double* weight = nullptr;       // [n], finite, >= 0; or null: all 1
  const std::int64_t* group = nullptr;  // [n]; or null: one group
  std::size_t n = 0;                    // below 2^32 - 1
};

// Where the result goes, in device memory.
struct DeviceRankingLoss {
  double* value = nullptr;           // [1]
  double* gradient = nullptr;        // [n]
  std::int64_t* pairs = nullptr;     // [1]; may be null
  std::int64_t* problems = nullptr;  // [1]: the sum of the RankingProblems found, 0 if none; may be null
};

// The problems for which ranking_loss throws on the CPU. Throwing here would mean waiting for the device.
// Instead, value and gradient are NaN, and `problems` says why, for callers who wish to wait and throw.
enum RankingProblem : std::uint32_t {
  kPredictionNotFinite = 1,  // of any element, labelled or not; so are the next two
  kTargetInfinite = 2,
  kWeightInvalid = 4,               // not finite, or negative
  kLabelOutsideOfQualityRange = 8,  // RankingOptions.quality_range
  kDifferenceOverflows = 16,        // predictions or targets too large for their differences to be finite
};

enum class RankingAlgorithm {
  kFaster,  // one of the two below, by n and the number of walks that the quality table takes
  kTiled,   // all pairs, O(n^2)
  kSorted,  // sort and scan, O(n log n): log2 n levels, each of them a few passes over memory
};

// ranking_loss_of_axis on the device: the same value, gradient and number of pairs up to rounding (all sums
// in double), and the same bits in every run on one device. Nothing is copied to the host, and nothing waits;
// work that is queued later sees the results. options must have been validated; a scope of groups without
// groups is kAll, as on the CPU. Memory from `workspace`: 250 bytes per element for kSorted, 80 for kTiled
// (more for small n: 40 for each of up to 64 splits of the pairs). Throws InvalidInput if n is too large, and
// Error if CUDA refuses to launch.
//
// Defined in ranking_device.cu, which nvcc compiles for a GPU. The same file compiled by a C++ compiler
// (ranking_on_cpu of tests/losses/cuda) runs the same kernels on host memory, block by block, and ignores
// the queue.
void ranking_loss_on_device(const DeviceRankingAxis& axis, const RankingOptions& options,
                            const DeviceRankingLoss& loss, const DeviceQueue& queue,
                            DeviceWorkspace& workspace,
                            RankingAlgorithm algorithm = RankingAlgorithm::kFaster);

}  // namespace qamro::losses
