// Of every test program: gtest's, but for how it ends. ctest starts a program a test, a thousand of them.
#include <gmock/gmock.h>

#include "qamro/core/leave.h"

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  return qamro::leave(RUN_ALL_TESTS());
}
