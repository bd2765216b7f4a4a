// The ranking loss on a GPU: time of both algorithms for batch sizes from 16 to a million, where they cross
// (for favoured_tiled_size of execution_cuda.h), and whether they agree with the CPU's kernel. Exit code 1 if
// they do not, 2 without a GPU.
#include <cuda_runtime.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <new>
#include <vector>

#include "qamro/core/random.h"
#include "qamro/losses/cuda/ranking_device.h"
#include "qamro/losses/ranking_axis.h"

namespace {

using namespace qamro::losses;

void* device_memory(std::size_t bytes) {
  void* memory = nullptr;
  if (cudaMallocAsync(&memory, bytes, nullptr) != cudaSuccess) throw std::bad_alloc();
  return memory;
}

class PoolWorkspace : public DeviceWorkspace {
 public:
  void* allocate(std::size_t bytes) override { return device_memory(bytes); }
  void deallocate(void* memory) noexcept override { cudaFreeAsync(memory, nullptr); }
};

class DeviceNumbers {
 public:
  explicit DeviceNumbers(std::size_t size)
      : size_(size), data_(static_cast<double*>(device_memory(8 * size))) {}
  explicit DeviceNumbers(const std::vector<double>& values) : DeviceNumbers(values.size()) {
    cudaMemcpy(data_, values.data(), 8 * size_, cudaMemcpyHostToDevice);
  }
  ~DeviceNumbers() { cudaFreeAsync(data_, nullptr); }
  DeviceNumbers(const DeviceNumbers&) = delete;
  DeviceNumbers& operator=(const DeviceNumbers&) = delete;
  double* data() const { return data_; }
  std::vector<double> values() const {
    std::vector<double> result(size_);
    cudaMemcpy(result.data(), data_, 8 * size_, cudaMemcpyDeviceToHost);
    return result;
  }

 private:
  std::size_t size_;
  double* data_;
};

// Milliseconds of one run, the least of several.
double milliseconds(const std::function<void()>& run) {
  cudaEvent_t begin = nullptr, end = nullptr;
  cudaEventCreate(&begin);
  cudaEventCreate(&end);
  double least = INFINITY, spent = 0;
  for (int round = 0; round < 3 || (round < 50 && spent < 500); ++round) {
    cudaEventRecord(begin);
    run();
    cudaEventRecord(end);
    cudaEventSynchronize(end);
    float elapsed = 0;
    cudaEventElapsedTime(&elapsed, begin, end);
    spent += elapsed;
    if (round > 0) least = std::min<double>(least, elapsed);  // the first one loads the kernels
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  return least;
}

RankingAxis random_batch(std::size_t n) {
  qamro::Random random(n);
  RankingAxis axis;
  for (std::size_t i = 0; i < n; ++i) {
    axis.target.push_back(1 + 4 * random.uniform());
    axis.prediction.push_back(axis.target.back() + random.uniform());
  }
  return axis;
}

// The larger of two relative differences: of the gradient (relative to its largest element) and of the value.
// NaN counts as infinite.
double difference(double value, const std::vector<double>& gradient, const AxisRankingLoss& want) {
  double worst = std::abs(value - want.value) / std::abs(want.value), scale = 0, off = 0;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    scale = std::max(scale, std::abs(want.gradient[i]));
    const double gap = std::abs(gradient[i] - want.gradient[i]);
    off = gap <= INFINITY ? std::max(off, gap) : INFINITY;
  }
  worst = std::max(worst, off / scale);
  return worst <= INFINITY ? worst : INFINITY;
}

struct Measured {
  double milliseconds = NAN, difference = 0;
};

Measured measure(const RankingAxis& axis, const AxisRankingLoss& want, RankingAlgorithm algorithm) {
  const DeviceNumbers prediction(axis.prediction), target(axis.target), value(1),
      gradient(axis.target.size());
  PoolWorkspace workspace;
  const DeviceRankingAxis on_device = {prediction.data(), target.data(), nullptr, nullptr,
                                       axis.target.size()};
  const DeviceRankingLoss loss = {value.data(), gradient.data(), nullptr, nullptr};
  Measured result;
  result.milliseconds =
      milliseconds([&] { ranking_loss_on_device(on_device, {}, loss, {}, workspace, algorithm); });
  result.difference = difference(value.values()[0], gradient.values(), want);
  return result;
}

}  // namespace

int main() {
  int devices = 0;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::puts("no GPU here: nothing measured");
    return 2;
  }
  cudaDeviceProp device = {};
  cudaGetDeviceProperties(&device, 0);
  std::printf("%s\n%9s %12s %12s %14s %14s\n", device.name, "n", "tiled, ms", "sorted, ms", "tiled, off by",
              "sorted, off by");
  std::size_t crossover = 0;
  double worst = 0;
  for (const std::size_t n :
       {16U, 256U, 1024U, 2048U, 4096U, 8192U, 16384U, 32768U, 65536U, 131072U, 1000000U}) {
    const RankingAxis axis = random_batch(n);
    const AxisRankingLoss want = ranking_loss_of_axis(axis, {});
    const Measured sorted = measure(axis, want, RankingAlgorithm::kSorted);
    Measured tiled;
    if (n <= 131072) tiled = measure(axis, want, RankingAlgorithm::kTiled);
    if (tiled.milliseconds <= sorted.milliseconds) crossover = n;
    worst = std::max({worst, sorted.difference, tiled.difference});
    std::printf("%9zu %12.4f %12.4f %14.1e %14.1e\n", n, tiled.milliseconds, sorted.milliseconds,
                tiled.difference, sorted.difference);
  }
  std::printf("all pairs are faster up to n = %zu; worst difference from the CPU %.1e\n", crossover, worst);
  return worst <= 1e-10 ? 0 : 1;
}
