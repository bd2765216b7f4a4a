#pragma once

namespace qamro::losses {

// How the terms of a loss (pairs of a ranking loss, labels of a regression loss) become one number.
enum class Reduction { kMean, kSum };

}  // namespace qamro::losses
