#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>

#include <cstdint>
#include <memory>
#include <string>

namespace qamro::nn {

// The layers' memory is uninitialised: an encoder of 100 million parameters is always loaded, and drawing
// initial values for it would take longer than loading.

// torch.nn.Linear.
class ProjectionImpl : public torch::nn::Module {
 public:
  ProjectionImpl(std::int64_t input_dim, std::int64_t output_dim, bool has_bias = true);
  at::Tensor forward(const at::Tensor& input) const;

  at::Tensor weight, bias;  // [output_dim, input_dim], [output_dim]; bias undefined if there is none
};
TORCH_MODULE(Projection);

// torch.nn.LayerNorm over the last dimension.
class NormImpl : public torch::nn::Module {
 public:
  explicit NormImpl(std::int64_t dim, double epsilon = 1e-5);
  at::Tensor forward(const at::Tensor& input) const;

  at::Tensor weight, bias;  // [dim]

 private:
  double epsilon_;
};
TORCH_MODULE(Norm);

// Adds a branch that holds no parameters of its own but whose name prefixes those below it.
std::shared_ptr<torch::nn::Module> add_branch(torch::nn::Module& parent, const std::string& name);

}  // namespace qamro::nn
