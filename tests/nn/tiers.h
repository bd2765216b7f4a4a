#pragma once

#include <ostream>
#include <vector>

#include "qamro/nn/arithmetic.h"

namespace qamro::nn {

// Every precision of a CPU on every tier: with plain operators on all tiers, so that the types and shapes of
// tiers that this processor lacks are tested too, and with the processor's instructions on the tiers it has.
inline std::vector<Arithmetic> all_arithmetics() {
  std::vector<Arithmetic> all;
  for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8})
    for (const auto& [tier, name] : enum_names(Tier()))
      for (const bool is_plain : {false, true})
        if (is_plain || tier <= processor().tier) all.emplace_back(precision, Processor{tier, is_plain});
  return all;
}

inline std::ostream& operator<<(std::ostream& stream, const Arithmetic& arithmetic) {
  return stream << to_string(arithmetic.processor) << ", linear " << name_of(arithmetic.linear) << ", other "
                << name_of(arithmetic.other);
}

}  // namespace qamro::nn
