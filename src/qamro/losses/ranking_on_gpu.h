#pragma once

#include "qamro/losses/ranking.h"

namespace qamro::losses {

// Whether this build can compute the ranking loss of CUDA tensors, that is, whether nvcc was available to
// build it (QAMRO_CUDA).
bool gpu_ranking_is_built();

// ranking_loss and ranking_loss_per_axis on pred's device, on its current stream and with torch's allocator.
// Wrong shapes, dtypes and devices throw InvalidInput as on the CPU. Values that ranking_loss refuses on the
// CPU (an infinite prediction, a label outside of quality_range) are known only on the device:
//   ranking_loss_on_gpu           never waits for the device; its loss and gradient become NaN
//   ranking_loss_per_axis_on_gpu  waits, since it returns numbers of pairs, and throws InvalidInput
// If gpu_ranking_is_built() is false, both throw InvalidInput.
at::Tensor ranking_loss_on_gpu(const at::Tensor& pred, const at::Tensor& target,
                               const RankingOptions& options, const RankingElements& elements);
AxisRankingLosses ranking_loss_per_axis_on_gpu(const at::Tensor& pred, const at::Tensor& target,
                                               const RankingOptions& options,
                                               const RankingElements& elements);

}  // namespace qamro::losses
