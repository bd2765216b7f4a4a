#include "qamro/encoders/htsat/packed.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/nn/attention.h"
#include "qamro/nn/parallel.h"

namespace qamro::encoders::htsat {
namespace {

// Rows per task: enough for products to be fast, few enough for the results between them to stay in cache.
constexpr std::int64_t kTaskRows = 256;

// int64 [grid²]: each row's place in the image, window by window of the shifted image.
at::Tensor window_order(std::int64_t grid, std::int64_t window, std::int64_t shift) {
  const at::Tensor image = at::arange(grid * grid, at::kLong).view({1, grid, grid, 1});
  return to_windows(at::roll(image, {-shift, -shift}, {1, 2}), window).flatten();
}

// int64 [grid²]: the places of the four neighbours that become one, in the reference's order.
at::Tensor merging_order(std::int64_t grid) {
  const at::Tensor corners = at::arange(grid * grid, at::kLong)
                                 .view({grid, grid})
                                 .slice(0, 0, std::nullopt, 2)
                                 .slice(1, 0, std::nullopt, 2);
  return at::stack({corners, corners + grid, corners + 1, corners + grid + 1}, -1).flatten();
}

}  // namespace

PackedSwinStage::PackedSwinStage(const SwinStageImpl& stage, const HtsatConfig& config, std::size_t index,
                                 const nn::Arithmetic& arithmetic,
                                 const std::function<void(const at::Tensor&)>& packed)
    : heads_(config.stages[index].heads),
      window_rows_(config.window_of(index) * config.window_of(index)),
      arithmetic_(arithmetic),
      blocks_(stage.blocks.size()) {
  const at::NoGradGuard no_grad;
  const std::int64_t grid = config.grid(index), window = config.window_of(index);
  const at::Tensor mask =
      config.shift_of(index) > 0 ? shift_mask(grid, window, config.shift_of(index)) : at::Tensor();
  const auto release = [&](const torch::nn::Module& module) {
    if (!packed) return;
    for (const at::Tensor& parameter : module.parameters()) packed(parameter);
  };
  nn::parallel_for(std::ssize(blocks_), [&](std::int64_t i) {
    const at::NoGradGuard no_grad_here;
    const auto block = static_cast<std::size_t>(i);
    blocks_[block] = pack(*stage.blocks[block], i % 2 == 1 ? mask : at::Tensor());
    release(*stage.blocks[block]);
  });
  at::Tensor place = at::arange(grid * grid, at::kLong);  // the row that now holds each place of the image
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const at::Tensor order = window_order(grid, window, i % 2 == 1 ? config.shift_of(index) : 0);
    blocks_[i].order = place.index_select(0, order);
    place = order.argsort();
  }
  if (stage.downsample.is_empty()) {
    last_order_ = place;
    return;
  }
  const nn::Norm& norm = stage.downsample->norm;
  const at::Tensor weight = stage.downsample->reduction->weight;
  merging_.push_back({place.index_select(0, merging_order(grid)),
                      nn::InferenceNorm(norm->weight, norm->bias, arithmetic),
                      nn::InferenceLinear(weight, {}, arithmetic)});
  release(*stage.downsample);
}

PackedSwinStage::Block PackedSwinStage::pack(const SwinBlockImpl& block, const at::Tensor& mask) const {
  const WindowAttentionImpl& attention = *block.attn;
  const std::int64_t dim = attention.proj->weight.size(0);
  at::Tensor weight = attention.qkv->weight.detach().clone(), bias = attention.qkv->bias.detach().clone();
  const double scale = 1.0 / std::sqrt(static_cast<double>(dim) / static_cast<double>(heads_));
  weight.narrow(0, 0, dim).mul_(scale);
  bias.narrow(0, 0, dim).mul_(scale);
  at::Tensor position = attention.position_bias().unsqueeze(0);
  if (mask.defined()) position = position + mask.unsqueeze(1);
  return {at::Tensor(),
          {block.norm1->weight, block.norm1->bias, arithmetic_},
          {block.norm2->weight, block.norm2->bias, arithmetic_},
          {weight, bias, arithmetic_},
          {attention.proj->weight, attention.proj->bias, arithmetic_},
          {block.fc1->weight, block.fc1->bias, arithmetic_, nn::Activation::gelu},
          {block.fc2->weight, block.fc2->bias, arithmetic_},
          position.to(at::kFloat).contiguous()};
}

void PackedSwinStage::for_tasks(std::int64_t rows, std::int64_t unit,
                                const std::function<void(std::int64_t, std::int64_t)>& work) const {
  const std::int64_t units = rows / unit;
  const std::int64_t tasks = nn::task_count(units, rows / kTaskRows);
  nn::parallel_for(tasks, [&](std::int64_t task) {
    const at::NoGradGuard no_grad;
    const std::int64_t start = task * units / tasks * unit, end = (task + 1) * units / tasks * unit;
    work(start, end - start);
  });
}

// rows: normalised, [n x window², width], of n windows starting at first_window.
at::Tensor PackedSwinStage::attend(const Block& block, const at::Tensor& rows,
                                   std::int64_t first_window) const {
  const std::int64_t windows = rows.size(0) / window_rows_, dim = rows.size(1), width = dim / heads_;
  const at::Tensor split = block.attention_input(rows);
  const at::Tensor mixed = at::empty_like(rows);
  const auto place = [&](const at::Tensor& tensor, std::int64_t row, std::int64_t column) {
    return static_cast<char*>(tensor.mutable_data_ptr()) +
           (row * tensor.size(1) + column) * tensor.element_size();
  };
  for (std::int64_t window = 0; window < windows; ++window)
    for (std::int64_t head = 0; head < heads_; ++head) {
      const std::int64_t row = window * window_rows_, column = head * width;
      const std::int64_t bias = block.bias.size(0) == 1 ? 0 : first_window + window;
      nn::AttentionHead own = {place(split, row, column),
                               place(split, row, dim + column),
                               place(split, row, 2 * dim + column),
                               3 * dim,
                               window_rows_,
                               width};
      own.bias = block.bias.const_data_ptr<float>() + (bias * heads_ + head) * window_rows_ * window_rows_;
      own.bias_stride = window_rows_;
      own.mixed = place(mixed, row, column);
      own.mixed_stride = dim;
      nn::attend(own, arithmetic_);
    }
  return mixed;
}

at::Tensor PackedSwinStage::apply(const Block& block, const at::Tensor& rows) const {
  at::Tensor output = at::empty_like(rows);
  for_tasks(rows.size(0), window_rows_, [&](std::int64_t start, std::int64_t count) {
    const at::Tensor own = rows.index_select(0, block.order.narrow(0, start, count));
    const at::Tensor mixed = attend(block, block.attention_norm.rounded(own), start / window_rows_);
    const at::Tensor attended = block.attention_output.add(mixed, own);
    block.contract.add(block.expand(block.mlp_norm.rounded(attended)), attended,
                       output.narrow(0, start, count));
  });
  return output;
}

at::Tensor PackedSwinStage::merge(const at::Tensor& rows) const {
  const Merging& merging = merging_.front();
  const std::int64_t width = rows.size(1);
  at::Tensor output = at::empty({rows.size(0) / 4, 2 * width}, rows.options());
  for_tasks(
      output.size(0), std::min(window_rows_, output.size(0)), [&](std::int64_t start, std::int64_t count) {
        const at::Tensor four =
            rows.index_select(0, merging.order.narrow(0, 4 * start, 4 * count)).view({count, 4 * width});
        merging.reduction.write(merging.norm.rounded(four), output.narrow(0, start, count));
      });
  return output;
}

at::Tensor PackedSwinStage::forward(at::Tensor rows) const {
  for (const Block& block : blocks_) rows = apply(block, rows);
  return merging_.empty() ? rows.index_select(0, last_order_) : merge(rows);
}

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
