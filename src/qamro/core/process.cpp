#include "qamro/core/process.h"

#include <cstdio>
#include <cstdlib>
#include <iostream>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace qamro {

void keep_freed_memory() {
#if defined(__GLIBC__)
  constexpr int kMegabyte = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, 32 * kMegabyte);  // the largest value that mallopt() takes
  mallopt(M_TRIM_THRESHOLD, 256 * kMegabyte);
#endif
}

int leave(int exit_code) {
#ifndef __SANITIZE_ADDRESS__
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  std::_Exit(exit_code);
#endif
  return exit_code;
}

}  // namespace qamro
