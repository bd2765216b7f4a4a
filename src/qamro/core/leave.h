#pragma once

namespace qamro {

// Ends main() without running the destructors of libraries: libtorch's need a tenth of a second to take down
// its operators. Flushes written output. Under the address sanitizer, whose search for leaks runs at exit, it
// only returns the code.
int leave(int exit_code);

}  // namespace qamro
