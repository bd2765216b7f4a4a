#include "qamro/core/error.h"
#include "qamro/losses/ranking_on_gpu.h"

namespace qamro::losses {
namespace {

[[noreturn]] void refuse(const at::Tensor& pred) {
  throw InvalidInput("ranking_loss: pred: expected a tensor on cpu (built without CUDA), got " +
                     pred.device().str());
}

}  // namespace

bool gpu_ranking_is_built() {
  return false;
}

at::Tensor ranking_loss_on_gpu(const at::Tensor& pred, const at::Tensor& /*target*/,
                               const RankingOptions& /*options*/, const RankingElements& /*elements*/) {
  refuse(pred);
}

AxisRankingLosses ranking_loss_per_axis_on_gpu(const at::Tensor& pred, const at::Tensor& /*target*/,
                                               const RankingOptions& /*options*/,
                                               const RankingElements& /*elements*/) {
  refuse(pred);
}

}  // namespace qamro::losses
