#include "qamro/losses/ranking_on_gpu.h"

#include <ATen/ATen.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/custom_function.h>

#include <map>
#include <utility>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/losses/cuda/ranking_device.h"
#include "qamro/losses/tensor_checks.h"

namespace qamro::losses {
namespace {

class TensorWorkspace : public DeviceWorkspace {
 public:
  explicit TensorWorkspace(const at::Device& device) : bytes_(at::device(device).dtype(at::kByte)) {}
  void* allocate(std::size_t bytes) override {
    const at::Tensor memory = at::empty({static_cast<int64_t>(bytes)}, bytes_);
    return held_.emplace(memory.mutable_data_ptr(), memory).first->first;
  }
  void deallocate(void* memory) noexcept override { held_.erase(memory); }

 private:
  at::TensorOptions bytes_;
  std::map<void*, at::Tensor> held_;
};

// torch's current stream on the device, obtained from c10, since qamro does not link libtorch_cuda.
DeviceQueue current_queue(const at::Device& device) {
  if (device.is_cpu()) return {};  // the tests, whose kernels run on the CPU
  const c10::impl::VirtualGuardImpl guard(device.type());
  return {device.index(), guard.getStream(device).native_handle()};
}

// Per axis, all on pred's device.
struct GpuLosses {
  at::Tensor losses;    // [axes] float64
  at::Tensor gradient;  // [axes, n] float64
  at::Tensor pairs;     // [axes] int64
  at::Tensor problems;  // [axes] int64, see RankingProblem
};

// [n] or [n, axes] -> [axes, n] float64, without a graph; an undefined tensor stays undefined.
at::Tensor as_rows(const at::Tensor& values, int64_t axes) {
  if (!values.defined()) return values;
  const at::Tensor precise = values.detach().to(at::kDouble);
  return (precise.dim() == 1 ? precise.unsqueeze(0).expand({axes, -1}) : precise.t()).contiguous();
}

GpuLosses compute(const at::Tensor& pred, const at::Tensor& target, const RankingOptions& options,
                  const RankingElements& elements) {
  const c10::OptionalDeviceGuard guard(pred.device());
  const int64_t n = pred.size(0), axes = pred.dim() == 1 ? 1 : pred.size(1);
  const at::Tensor predictions = as_rows(pred, axes), targets = as_rows(target, axes);
  const at::Tensor weights = as_rows(elements.weight, axes);
  const at::Tensor group = elements.group.defined() ? elements.group.contiguous() : at::Tensor();
  const auto doubles = predictions.options();
  GpuLosses result{at::empty({axes}, doubles), at::empty({axes, n}, doubles),
                   at::empty({axes}, doubles.dtype(at::kLong)), at::empty({axes}, doubles.dtype(at::kLong))};
  TensorWorkspace workspace(pred.device());
  for (int64_t axis = 0; axis < axes; ++axis)
    ranking_loss_on_device(
        {predictions.const_data_ptr<double>() + axis * n, targets.const_data_ptr<double>() + axis * n,
         weights.defined() ? weights.const_data_ptr<double>() + axis * n : nullptr,
         group.defined() ? group.const_data_ptr<int64_t>() : nullptr, static_cast<std::size_t>(n)},
        options,
        {result.losses.mutable_data_ptr<double>() + axis,
         result.gradient.mutable_data_ptr<double>() + axis * n,
         result.pairs.mutable_data_ptr<int64_t>() + axis, result.problems.mutable_data_ptr<int64_t>() + axis},
        current_queue(pred.device()), workspace);
  return result;
}

// As RankingFunction of ranking.cpp.
class GpuRankingFunction : public torch::autograd::Function<GpuRankingFunction> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& pred,
                            const GpuLosses& computed) {
    context->save_for_backward({computed.gradient.t().to(pred.scalar_type())});
    context->saved_data["shape"] = pred.sizes().vec();
    return computed.losses.to(pred.scalar_type());
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& outer) {
    const at::Tensor gradient = context->get_saved_variables()[0];
    const auto shape = context->saved_data["shape"].toIntVector();
    return {(gradient * outer[0]).reshape(shape), at::Tensor()};
  }
};

GpuLosses check_and_compute(const at::Tensor& pred, const at::Tensor& target, const RankingOptions& options,
                            const RankingElements& elements) {
  options.validate();
  check_pred_and_target_form("ranking_loss", pred, target, pred.device());
  check_elements_form(elements, pred, options);
  return compute(pred, target, options, elements);
}

void throw_problems(const at::Tensor& problems) {
  const std::vector<std::pair<RankingProblem, const char*>> texts = {
      {kPredictionNotFinite, "pred: expected finite values, got others"},
      {kTargetInfinite, "target: expected finite values, or NaN for no label, got infinite ones"},
      {kWeightInvalid, "weight: expected finite numbers >= 0, got others"},
      {kLabelOutsideOfQualityRange, "target: expected labels within quality_range, got others"},
      {kDifferenceOverflows,
       "expected finite predictions and targets whose differences are finite, got overflow"}};
  const auto* of_axis = problems.const_data_ptr<int64_t>();
  for (int64_t axis = 0; axis < problems.numel(); ++axis)
    for (const auto& [problem, text] : texts)
      if ((of_axis[axis] & problem) != 0) throw InvalidInput(fmt::format("ranking_loss: {}", text));
}

}  // namespace

bool gpu_ranking_is_built() {
  return true;
}

at::Tensor ranking_loss_on_gpu(const at::Tensor& pred, const at::Tensor& target,
                               const RankingOptions& options, const RankingElements& elements) {
  const GpuLosses computed = check_and_compute(pred, target, options, elements);
  at::Tensor sum = GpuRankingFunction::apply(pred, computed).sum();
  if (options.reduction == Reduction::kSum) return sum;
  return sum / computed.pairs.gt(0).sum().clamp_min(1).to(sum.scalar_type());
}

AxisRankingLosses ranking_loss_per_axis_on_gpu(const at::Tensor& pred, const at::Tensor& target,
                                               const RankingOptions& options,
                                               const RankingElements& elements) {
  const GpuLosses computed = check_and_compute(pred, target, options, elements);
  throw_problems(computed.problems.cpu());
  const at::Tensor pairs = computed.pairs.cpu();
  return {GpuRankingFunction::apply(pred, computed),
          {pairs.const_data_ptr<int64_t>(), pairs.const_data_ptr<int64_t>() + pairs.numel()}};
}

}  // namespace qamro::losses
