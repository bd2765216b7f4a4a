#pragma once

#include <ATen/core/Tensor.h>

namespace qamro::io {

// Gives the memory under a tensor of a mapping back to the system, which reads it from the file once more
// where it is touched again: for weights that have been copied into another layout. Nobody may have written
// to the tensor, since that would be lost. Does nothing for a tensor that lies elsewhere. Thread-safe.
void release_pages(const at::Tensor& tensor);

}  // namespace qamro::io
