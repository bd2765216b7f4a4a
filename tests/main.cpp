// Of every test program: gtest's, but for how it ends. ctest starts a program a test, a thousand of them.
#include <gmock/gmock.h>

#include <cstdio>

#include "qamro/core/error.h"
#include "qamro/core/process.h"
#include "qamro/core/processor.h"

// What ctest takes for "skipped": a tier that this processor lacks (qamro_test in cmake/QamroTargets.cmake).
constexpr int kSkipped = 77;

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  try {
    qamro::limit_libraries();
  } catch (const qamro::InvalidInput& error) {
    std::puts(error.what());
    return kSkipped;
  }
  return qamro::leave(RUN_ALL_TESTS());
}
