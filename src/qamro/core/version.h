#pragma once

namespace qamro {

// The library's version, "major.minor.patch".
const char* version();

}  // namespace qamro
