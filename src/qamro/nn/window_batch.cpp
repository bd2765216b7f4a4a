#include "qamro/nn/window_batch.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "qamro/core/error.h"

namespace qamro::nn {

WindowBatch make_window_batch(std::span<const std::span<const float>> windows, std::int64_t rows,
                              std::int64_t window_samples, c10::Device device) {
  if (windows.empty() || std::ssize(windows) > rows)
    throw InvalidInput(fmt::format("batch: expected 1 to {} windows, got {}", rows, windows.size()));
  const auto options = at::TensorOptions(at::kFloat).pinned_memory(device.is_cuda());
  const at::Tensor host = at::empty({rows, window_samples}, options);
  auto* data = host.mutable_data_ptr<float>();
  std::vector<std::int64_t> valid(static_cast<std::size_t>(rows), window_samples);
  for (std::size_t row = 0; row < windows.size(); ++row, data += window_samples) {
    const auto count = std::ssize(windows[row]);
    if (count < 1 || count > window_samples)
      throw InvalidInput(
          fmt::format("batch: expected windows of 1 to {} samples, got {}", window_samples, count));
    valid[row] = count;
    std::fill(std::ranges::copy(windows[row], data).out, data + window_samples, 0.0F);
  }
  std::fill(data, host.mutable_data_ptr<float>() + host.numel(), 0.0F);
  return {host.to(device, at::kFloat, /*non_blocking=*/device.is_cuda()), std::move(valid)};
}

}  // namespace qamro::nn
