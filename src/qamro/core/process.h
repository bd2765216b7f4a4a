#pragma once

#include <cstdio>
#include <cstdlib>
#include <iostream>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace qamro {

// Makes malloc keep freed memory for later calls instead of giving it back to the system: networks ask for
// the same buffers again and again, and the system clears every page that it hands out. Call it first in
// main(). Does nothing if the C library has no such setting.
inline void keep_freed_memory() {
#if defined(__GLIBC__)
  constexpr int kMegabyte = 1 << 20;
  mallopt(M_MMAP_THRESHOLD, 32 * kMegabyte);  // the largest value that mallopt() takes
  mallopt(M_TRIM_THRESHOLD, 256 * kMegabyte);
#endif
}

// Ends main() without running the destructors of libraries: libtorch's need a tenth of a second to take down
// its operators. Flushes written output. Under the address sanitizer, whose search for leaks runs at exit, it
// only returns the code.
inline int leave(int exit_code) {
#ifndef __SANITIZE_ADDRESS__
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  std::_Exit(exit_code);
#endif
  return exit_code;
}

}  // namespace qamro
