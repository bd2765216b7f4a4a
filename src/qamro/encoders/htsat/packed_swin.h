#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "qamro/encoders/htsat/config.h"
#include "qamro/encoders/htsat/swin.h"
#include "qamro/nn/inference_linear.h"
#include "qamro/nn/inference_norm.h"

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

}  // namespace qamro::encoders::htsat
