#pragma once

namespace qamro {

// Makes malloc keep what is freed for the next call instead of giving it back to the system: networks ask for
// the same buffers again and again, and the system clears every page that it hands out. For programs, first
// thing in main(); does nothing where the C library knows no such setting.
void keep_freed_memory();

}  // namespace qamro
