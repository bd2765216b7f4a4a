#pragma once

#include "qamro/losses/ranking.h"

namespace qamro::losses {

// Whether this build can compute the ranking loss of CUDA tensors: where nvcc was there to build it
// (QAMRO_CUDA).
bool gpu_ranking_is_built();

// ranking_loss and ranking_loss_per_axis on the device of pred, on its current stream and with torch's
// allocator. Shapes, dtypes and devices throw InvalidInput as they do on the CPU. Values that ranking_loss
// refuses there (an infinite prediction, a label outside of quality_range) are known on the device alone:
//   ranking_loss_on_gpu           never waits for the device; its loss and gradient are NaN then
//   ranking_loss_per_axis_on_gpu  waits, since it returns numbers of pairs to the host, and throws
//   InvalidInput
// Without gpu_ranking_is_built both throw InvalidInput.
at::Tensor ranking_loss_on_gpu(const at::Tensor& pred, const at::Tensor& target,
                               const RankingOptions& options, const RankingElements& elements);
AxisRankingLosses ranking_loss_per_axis_on_gpu(const at::Tensor& pred, const at::Tensor& target,
                                               const RankingOptions& options,
                                               const RankingElements& elements);

}  // namespace qamro::losses
