#pragma once

#include "qamro/losses/ranking.h"

namespace qamro::losses {

// Checks the elements' weights and groups against pred and the scope of pairs: presence, shapes, dtypes and
// the device, but not the weights' values. Throws InvalidInput.
void check_elements_form(const RankingElements& elements, const at::Tensor& pred,
                         const RankingOptions& options);

}  // namespace qamro::losses
