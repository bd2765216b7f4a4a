#include "qamro/nn/inference_norm.h"

#include <ATen/ATen.h>

namespace qamro::nn {

InferenceNorm::InferenceNorm(const at::Tensor& weight, const at::Tensor& bias, double epsilon)
    : weight_(weight.detach().clone()), bias_(bias.detach().clone()), epsilon_(epsilon) {}

at::Tensor InferenceNorm::operator()(const at::Tensor& rows) const {
  return at::layer_norm(rows, weight_.sizes(), weight_, bias_, epsilon_);
}

}  // namespace qamro::nn
