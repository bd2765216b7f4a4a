#include "qamro/nn/device.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <mutex>

#include "qamro/core/error.h"

namespace qamro::nn {
namespace {

constexpr std::string_view kCuda = "cuda";
constexpr int kMaxGpus = 128;

// torch looks for its CUDA half once and remembers the answer, so nothing may ask before this call.
void load_cuda() {
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) != nullptr) return;
  const char* reason = dlerror();
  throw InvalidInput(fmt::format(
      "--device cuda: torch's CUDA libraries cannot be loaded ({}); 'tools/setup.sh cuda' installs the libraries that it needs",
      reason == nullptr ? "no reason given" : reason));
}

void make_exact() {
  at::Context& context = at::globalContext();
  context.setDeterministicCuDNN(true);
  context.setBenchmarkCuDNN(false);
  context.setAllowTF32CuDNN(false);
  context.setFloat32MatmulPrecision("highest");
  context.setAllowBF16ReductionCuBLAS(false);
  context.setAllowFP16ReductionCuBLAS(false);
}

}  // namespace

c10::Device parse_device(const std::string& name) {
  if (name == "cpu") return c10::kCPU;
  if (name == kCuda) return {c10::kCUDA, 0};
  if (name.starts_with("cuda:")) {
    int index = -1;
    const char* end = name.data() + name.size();
    const auto [stop, failure] = std::from_chars(name.data() + kCuda.size() + 1, end, index);
    if (failure == std::errc() && stop == end && index >= 0 && index < kMaxGpus)
      return {c10::kCUDA, static_cast<c10::DeviceIndex>(index)};
  }
  throw InvalidInput(fmt::format("expected cpu, cuda or cuda:N, got '{}'", name));
}

void open_device(c10::Device device) {
  if (!device.is_cuda()) return;
  static std::once_flag loaded;
  std::call_once(loaded, load_cuda);
  const int count =
      at::detail::getCUDAHooks().deviceCount();  // NOLINT(bugprone-signed-char-misuse): it is no text
  if (count == 0)
    throw InvalidInput("--device cuda: no GPU found: expected one that nvidia-smi lists, and its driver");
  if (device.index() >= count)
    throw InvalidInput(fmt::format("--device {}: expected a GPU from 0 to {}, as this machine has",
                                   device.str(), count - 1));
  make_exact();
}

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
