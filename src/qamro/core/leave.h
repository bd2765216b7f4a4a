#pragma once

namespace qamro {

// The end of main() without the destructors of libraries: libtorch's take all its operators down again, for a
// tenth of a second. Written output is flushed. Where the address sanitizer looks for leaks, which is one of
// those destructors, it only returns the code.
int leave(int exit_code);

}  // namespace qamro
