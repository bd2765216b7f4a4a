#pragma once

#include <ATen/core/Tensor.h>

namespace qamro::io {

// Gives the memory under a tensor of a mapping back to the system, which reads it from the file again if it
// is touched. For weights that have been copied into another layout. Nobody may have written to the tensor,
// because the changes would be lost. Does nothing for a tensor outside a mapping or one that is not
// contiguous. Thread-safe.
void release_pages(const at::Tensor& tensor);

}  // namespace qamro::io
