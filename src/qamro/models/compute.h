#pragma once

#include <c10/core/Device.h>

#include <cstdint>

#include "qamro/models/precision.h"

namespace qamro::models {

// How an encoder computes: the arithmetic and the device. The device must be open (nn/device.h).
//
// On the CPU windows go one by one through packed kernels. On a GPU they go through torch's operators in
// batches that always have batch_size rows; tests also run these batches on the CPU.
struct Compute {
  // NOLINTNEXTLINE(google-explicit-constructor): a precision alone means the CPU
  Compute(Precision arithmetic = Precision::fp32, c10::Device where = c10::kCPU)
      : precision(arithmetic), device(where), batch_size(where.is_cpu() ? 1 : 16) {}

  bool in_batches() const { return batch_size > 1; }
  // Throws InvalidInput for int8 in batches and for fp16 without batches.
  void validate() const;

  Precision precision;
  c10::Device device;
  std::int64_t batch_size;
};

}  // namespace qamro::models
