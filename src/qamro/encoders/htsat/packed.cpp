#include "qamro/encoders/htsat/packed.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/nn/parallel.h"

namespace qamro::encoders::htsat {

PackedHtsat::PackedHtsat(std::shared_ptr<const HtsatModule> module, const nn::Arithmetic& arithmetic,
                         const std::function<void(const at::Tensor&)>& packed)
    : module_(std::move(module)) {
  for (std::size_t i = 0; i < module_->stages.size(); ++i)
    stages_.emplace_back(*module_->stages[i], module_->config(), i, arithmetic, packed);
}

HtsatOutput PackedHtsat::forward(const at::Tensor& window) const {
  if (window.dim() != 2 || window.size(0) != 1)
    throw InvalidInput(fmt::format("HTSAT: expected one window, [1, {}], got {} dimensions and {} numbers",
                                   HtsatConfig::kWindowSamples, window.dim(), window.numel()));
  const at::NoGradGuard no_grad;
  HtsatOutput output = [&] {
    const nn::SerialRegion serial;  // MKL's last bits depend on the number of threads
    return module_->front(window);
  }();
  at::Tensor rows = output.patches.flatten(0, 2).contiguous();
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    rows = stages_[i].forward(rows);
    const std::int64_t grid = module_->config().grid(std::min(i + 1, stages_.size() - 1));
    output.stages.push_back(rows.view({1, grid, grid, rows.size(1)}));
  }
  const nn::SerialRegion serial;
  output.embedding = module_->norm->forward(rows).mean(0, /*keepdim=*/true);
  return output;
}

}  // namespace qamro::encoders::htsat
