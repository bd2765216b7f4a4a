#pragma once

#include <cstdint>
#include <string_view>

namespace qamro::finetuning {

// What parameters of a run begin with, before the name that the encoder and the heads give them.
inline constexpr std::string_view kEncoderPrefix = "encoder.";
inline constexpr std::string_view kHeadsPrefix = "heads.";

// The number behind `prefix` in a name, "…layers.3.linear1.weight"; -1 where the name has no such part.
std::int64_t number_behind(std::string_view name, std::string_view prefix);

}  // namespace qamro::finetuning
