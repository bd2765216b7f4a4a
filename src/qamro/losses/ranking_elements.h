#pragma once

#include "qamro/losses/ranking.h"

namespace qamro::losses {

// What ranking_loss asks of its elements' weights and groups beside pred, but for the values of the weights:
// shapes, dtypes, and the device. Throws InvalidInput.
void check_elements_form(const RankingElements& elements, const at::Tensor& pred,
                         const RankingOptions& options);

}  // namespace qamro::losses
