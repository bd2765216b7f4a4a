#include "qamro/training/gradient_cache.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <vector>

namespace qamro::training {
namespace {

struct Part {
  std::int64_t begin;
  std::int64_t size;
};

std::vector<Part> parts_of(std::int64_t clips, std::int64_t micro_batch) {
  const std::int64_t step = micro_batch > 0 ? micro_batch : std::max<std::int64_t>(clips, 1);
  std::vector<Part> parts;
  for (std::int64_t begin = 0; begin < clips; begin += step)
    parts.push_back({begin, std::min(step, clips - begin)});
  return parts;
}

at::Tensor forward_part(TrainableModel& model, std::span<const std::int64_t> clips,
                        const std::vector<at::Tensor>& dropout, Part part) {
  std::vector<at::Tensor> masks;
  masks.reserve(dropout.size());
  for (const at::Tensor& mask : dropout)
    masks.push_back(mask.defined() ? mask.narrow(0, part.begin, part.size) : mask);
  return model.forward(
      clips.subspan(static_cast<std::size_t>(part.begin), static_cast<std::size_t>(part.size)), masks);
}

at::Tensor forward_without_graph(TrainableModel& model, std::span<const std::int64_t> clips,
                                 const std::vector<at::Tensor>& dropout, const std::vector<Part>& parts) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> predictions;
  predictions.reserve(parts.size());
  for (const Part part : parts) predictions.push_back(forward_part(model, clips, dropout, part));
  return at::cat(predictions);
}

}  // namespace

Objective::Value accumulate_gradients(TrainableModel& model, std::span<const std::int64_t> clips,
                                      const std::vector<at::Tensor>& dropout, std::int64_t micro_batch,
                                      const BatchObjective& objective) {
  const std::vector<Part> parts = parts_of(std::ssize(clips), micro_batch);
  if (parts.size() == 1) {
    Objective::Value value = objective(forward_part(model, clips, dropout, parts.front()));
    value.total.backward();
    return value;
  }
  const at::Tensor predictions =
      forward_without_graph(model, clips, dropout, parts).detach().set_requires_grad(true);
  Objective::Value value = objective(predictions);
  value.total.backward();
  for (const Part part : parts)
    forward_part(model, clips, dropout, part).backward(predictions.grad().narrow(0, part.begin, part.size));
  return value;
}

at::Tensor predict(TrainableModel& model, std::span<const std::int64_t> clips, std::int64_t micro_batch) {
  return forward_without_graph(model, clips, {}, parts_of(std::ssize(clips), micro_batch));
}

}  // namespace qamro::training
