#include "qamro/heads/familiarity.h"

#include <ATen/ATen.h>

namespace qamro::heads {

at::Tensor distance_from_training(const at::Tensor& standardised) {
  return standardised.to(at::kDouble).square().mean(1);
}

at::Tensor Familiarity::share(const at::Tensor& standardised) const {
  return (5.0 - distance_from_training(standardised) * (4.0 / radius)).clamp(0.0, 1.0);
}

at::Tensor Familiarity::blend(const at::Tensor& scores, const at::Tensor& embedding,
                              const at::Tensor& standardised) const {
  const at::Tensor own = embedding.narrow(1, fallback_column, 1).to(at::kDouble);
  const at::Tensor of_heads = share(standardised).unsqueeze(1);
  // If the heads have no share, an overflow in their scores must not come through as NaN.
  return at::where(of_heads > 0, of_heads * scores, 0.0) + (1.0 - of_heads) * own;
}

}  // namespace qamro::heads
