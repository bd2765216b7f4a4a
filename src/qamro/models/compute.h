#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>

#include "qamro/core/enum_names.h"
#include "qamro/nn/precision.h"

namespace qamro::nn {
constexpr auto enum_names(Precision) {
  return names_table<Precision>({{Precision::fp32, "fp32"},
                                 {Precision::bf16, "bf16"},
                                 {Precision::int8, "int8"},
                                 {Precision::fp16, "fp16"}});
}
}  // namespace qamro::nn

namespace qamro::models {

// Arithmetic of the encoder. fp32 matches the reference; the others trade exactness for speed.
using nn::Precision;

// "fp32", "bf16", "int8" or "fp16". Throws InvalidInput for anything else.
Precision parse_precision(const std::string& name);
std::string to_string(Precision precision);

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
