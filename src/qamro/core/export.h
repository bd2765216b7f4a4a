#pragma once

// Marks what programs that link libqamro.so may use (docs/adr/0014-installed-library.md). All other symbols
// are hidden. The Python package, which has the losses inside itself, defines it as nothing.
#ifndef QAMRO_API
#define QAMRO_API __attribute__((visibility("default")))
#endif
