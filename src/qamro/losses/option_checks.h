#pragma once

#include <string_view>

namespace qamro::losses {

// How the terms of a loss (pairs of a ranking loss, labels of a regression loss) become one number.
enum class Reduction { kMean, kSum };

// Throw InvalidInput "option: expected a finite number …, got X". `option` includes its owner, for example
// "listnet_loss: temperature".
void check_finite(std::string_view option, double value);
void check_not_negative(std::string_view option, double value);
void check_positive(std::string_view option, double value);

}  // namespace qamro::losses
