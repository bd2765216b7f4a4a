#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "qamro/encoders/htsat/config.h"
#include "qamro/encoders/htsat/module.h"
#include "qamro/nn/arithmetic.h"
#include "qamro/nn/inference_layers.h"

namespace qamro::encoders::htsat {

// A stage of one audio window, for inference. All that a block does to a patch stays within the patch's
// attention window, so rows are stored window by window, and a few windows at a time pass through the
// whole block.
class PackedSwinStage {
 public:
  // Copies the parameters as they are now, and calls `packed` with each as soon as it is copied.
  PackedSwinStage(const SwinStageImpl& stage, const HtsatConfig& config, std::size_t index,
                  const nn::Arithmetic& arithmetic, const std::function<void(const at::Tensor&)>& packed);
  // rows: float32 [grid², width], row by row of the image -> [(grid / 2)², 2 width] in the same order, or the
  // same shape for the last stage. No autograd. The bits do not depend on the number of threads.
  at::Tensor forward(at::Tensor rows) const;

 private:
  struct Block {
    at::Tensor order;  // int64 [grid²]: for each row, its index among the previous rows
    nn::InferenceNorm attention_norm, mlp_norm;
    nn::InferenceLinear attention_input, attention_output, expand, contract;
    at::Tensor
        bias;  // float32 [1 or windows, heads, window², window²]: by relative position, plus the shift mask
  };
  struct Merging {
    at::Tensor order;  // int64 [grid²]: consecutive groups of the four neighbours that become one
    nn::InferenceNorm norm;
    nn::InferenceLinear reduction;
  };

  Block pack(const SwinBlockImpl& block, const at::Tensor& mask) const;
  // Splits the rows into tasks of whole units of `unit` rows and runs work(first row, rows) for each.
  void for_tasks(std::int64_t rows, std::int64_t unit,
                 const std::function<void(std::int64_t, std::int64_t)>& work) const;
  at::Tensor attend(const Block& block, const at::Tensor& rows, std::int64_t first_window) const;
  at::Tensor apply(const Block& block, const at::Tensor& rows) const;
  at::Tensor merge(const at::Tensor& rows) const;

  std::int64_t heads_, window_rows_;
  nn::Arithmetic arithmetic_;
  std::vector<Block> blocks_;
  std::vector<Merging> merging_;  // one, or none for the last stage
  at::Tensor last_order_;         // for the last stage: back into the image's order
};

// HtsatModule for inference on the CPU; in fp32 the same results up to rounding. Windows are computed one
// by one, so a window's output has the same bits whatever the other windows and the number of intra-op
// threads. Thread-safe: for the most windows per second, call it from as many threads as there are cores,
// with at::set_num_threads(1).
class PackedHtsat {
 public:
  // Copies the stages' parameters as they are now, and keeps the module for what comes before and after them.
  // Calls `packed`, from several threads, with each parameter of the stages as soon as it is copied, so that
  // callers who no longer need it can give its memory back (io::release_pages).
  explicit PackedHtsat(std::shared_ptr<const HtsatModule> module, const nn::Arithmetic& arithmetic = {},
                       const std::function<void(const at::Tensor&)>& packed = {});

  // As HtsatModule::forward for a batch of one window: float32 [1, 480000], 48 kHz. No autograd. Throws
  // InvalidInput for another shape or type.
  HtsatOutput forward(const at::Tensor& window) const;

 private:
  std::shared_ptr<const HtsatModule> module_;
  std::vector<PackedSwinStage> stages_;
};

}  // namespace qamro::encoders::htsat
