#pragma once

namespace qamro::losses {

// Throws InvalidInput "where: option: expected a finite number > 0, got X". `where` is the loss or options.
void check_positive(const char* where, const char* option, double value);

}  // namespace qamro::losses
