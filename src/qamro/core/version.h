#pragma once

#include "qamro/core/export.h"

namespace qamro {

// The library's version, "major.minor.patch".
QAMRO_API const char* version();

}  // namespace qamro
