#pragma once

namespace qamro {

// Makes malloc keep freed memory for later calls instead of giving it back to the system: networks ask for
// the same buffers again and again, and the system clears every page that it hands out. Call it first in
// main(). Does nothing if the C library has no such setting.
void keep_freed_memory();

// Ends main() without running the destructors of libraries: libtorch's need a tenth of a second to take down
// its operators. Flushes written output. Under the address sanitizer, whose search for leaks runs at exit, it
// only returns the code.
int leave(int exit_code);

}  // namespace qamro
