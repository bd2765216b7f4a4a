#include "qamro/nn/precision.h"

#include <ATen/ATen.h>
#include <ATen/cpu/Utils.h>

#include "qamro/nn/integer_kernels.h"

namespace qamro::nn {
namespace {

bool has(const char* instructions) {
  const auto capabilities = at::cpu::get_cpu_capabilities();
  const auto found = capabilities.find(instructions);
  return found != capabilities.end() && found->second.isBool() && found->second.toBool();
}

}  // namespace

bool has_bfloat16_instructions() {
  static const bool found = has("avx512_bf16");
  return found;
}

at::ScalarType compute_type(Precision precision) {
  return precision != Precision::fp32 && has_bfloat16_instructions() ? at::kBFloat16 : at::kFloat;
}

at::Tensor to_precision(const at::Tensor& parameter, Precision precision) {
  return parameter.detach().to(compute_type(precision));
}

bool uses_wide_integers(Precision precision) {
  return precision != Precision::fp32 && !has_bfloat16_instructions() && has_fast_integer_pairs();
}

}  // namespace qamro::nn
