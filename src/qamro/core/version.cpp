#include "qamro/core/version.h"

namespace qamro {

const char* version() {
  return QAMRO_VERSION;
}

}  // namespace qamro
