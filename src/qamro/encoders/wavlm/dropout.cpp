#include "qamro/encoders/wavlm/dropout.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

namespace qamro::encoders::wavlm {

Dropout::Dropout(std::span<const std::uint64_t> seeds) {
  for (const std::uint64_t seed : seeds) streams_.push_back(at::detail::createCPUGenerator(seed));
}

at::Tensor Dropout::operator()(const at::Tensor& values, double rate) {
  if (streams_.empty() || rate == 0.0) return values;
  const at::Tensor mask = at::empty(values.sizes(), at::kFloat);
  for (std::size_t i = 0; i < streams_.size(); ++i)
    mask[static_cast<std::int64_t>(i)].bernoulli_(1.0 - rate, streams_[i]);
  return values * mask.div_(1.0 - rate).to(values.device());
}

at::Tensor Dropout::left_out(double rate) {
  if (streams_.empty() || rate == 0.0) return {};
  const at::Tensor dropped = at::empty({static_cast<std::int64_t>(streams_.size())}, at::kFloat);
  for (std::size_t i = 0; i < streams_.size(); ++i)
    dropped[static_cast<std::int64_t>(i)].bernoulli_(rate, streams_[i]);
  return dropped.to(at::kBool);
}

}  // namespace qamro::encoders::wavlm
