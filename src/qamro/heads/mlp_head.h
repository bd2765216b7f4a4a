#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "qamro/core/random.h"
#include "qamro/heads/dense.h"
#include "qamro/io/state_dict.h"

namespace qamro::heads {

// Names must be distinct and consist of letters, digits, '_' and '-'; at least one. Throws InvalidInput.
void check_axis_names(const std::vector<std::string>& axes);

// The paper's three-layer MLP: Linear - act - dropout - Linear - act - dropout - Linear, one output.
struct MlpHeadOptions {
  std::int64_t input_dim = 0;
  std::array<std::int64_t, 2> hidden = {64, 16};
  Activation activation = Activation::kRelu;
  double dropout = 0.0;        // after both hidden layers, in [0, 1)
  double input_dropout = 0.0;  // of the standardised embedding, in [0, 1)

  // Throws InvalidInput.
  void validate() const;
  bool operator==(const MlpHeadOptions&) const = default;
};

// One axis. Parameters: layers.{0,1,2}.{weight,bias}.
class MlpHead {
 public:
  // The same seed gives the same bits on every machine and with any number of threads.
  MlpHead(const MlpHeadOptions& options, std::uint64_t seed);

  // The dropout masks of one training step over n rows: of the input [n, input_dim] and of both hidden
  // layers. A mask is undefined if its rate is 0.
  std::array<at::Tensor, 3> draw_dropout(std::int64_t n, Random& random) const;
  // input: [n, input_dim] → [n], in the training scale of the labels. `dropout` comes from draw_dropout(); if
  // empty, nothing is dropped.
  at::Tensor forward(const at::Tensor& input, std::span<const at::Tensor> dropout = {}) const;
  io::StateDict named_parameters() const;

 private:
  MlpHeadOptions options_;
  std::vector<Dense> layers_;
};

// One head per axis over one embedding. Parameters: <axis>.layers.{0,1,2}.{weight,bias}. Adding an axis does
// not change the initial values of the others.
class Heads {
 public:
  // `axes` must pass check_axis_names(). Throws InvalidInput.
  Heads(const MlpHeadOptions& options, std::vector<std::string> axes, std::uint64_t seed);

  // The dropout masks of one training step over n rows, head after head.
  std::vector<at::Tensor> draw_dropout(std::int64_t n, Random& random) const;
  // input: [n, input_dim], standardised → [n, axes], in the training scale. `dropout` comes from
  // draw_dropout(); if empty, nothing is dropped.
  at::Tensor forward(const at::Tensor& input, std::span<const at::Tensor> dropout = {}) const;
  io::StateDict named_parameters() const;
  std::vector<at::Tensor> parameters() const;

  const MlpHeadOptions& options() const { return options_; }
  const std::vector<std::string>& axes() const { return axes_; }

 private:
  MlpHeadOptions options_;
  std::vector<std::string> axes_;
  std::vector<MlpHead> heads_;
};

}  // namespace qamro::heads
