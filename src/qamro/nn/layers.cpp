#include "qamro/nn/layers.h"

#include <ATen/ATen.h>

namespace qamro::nn {

ProjectionImpl::ProjectionImpl(std::int64_t input_dim, std::int64_t output_dim, bool has_bias)
    : weight(register_parameter("weight", at::empty({output_dim, input_dim}))) {
  if (has_bias) bias = register_parameter("bias", at::empty({output_dim}));
}

at::Tensor ProjectionImpl::forward(const at::Tensor& input) const {
  return at::linear(input, weight, bias);
}

NormImpl::NormImpl(std::int64_t dim, double epsilon)
    : weight(register_parameter("weight", at::empty({dim}))),
      bias(register_parameter("bias", at::empty({dim}))),
      epsilon_(epsilon) {}

at::Tensor NormImpl::forward(const at::Tensor& input) const {
  return at::layer_norm(input, weight.sizes(), weight, bias, epsilon_);
}

std::shared_ptr<torch::nn::Module> add_branch(torch::nn::Module& parent, const std::string& name) {
  return parent.register_module(name, std::make_shared<torch::nn::Module>());
}

}  // namespace qamro::nn
