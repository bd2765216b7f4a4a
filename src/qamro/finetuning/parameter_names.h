#pragma once

#include <cstdint>
#include <string_view>

#include "qamro/io/state_dict.h"

namespace torch::nn {
class Module;
}

namespace qamro::finetuning {

// What parameters of a run begin with, before the name that the encoder and the heads give them.
inline constexpr std::string_view kEncoderPrefix = "encoder.";
inline constexpr std::string_view kHeadsPrefix = "heads.";

// A run's parameters under those names: the encoder's and the heads'.
io::StateDict parameters_of_run(const torch::nn::Module& encoder, const io::StateDict& heads);

// The number behind `prefix` in a name, "…layers.3.linear1.weight"; -1 where the name has no such part.
std::int64_t number_behind(std::string_view name, std::string_view prefix);

}  // namespace qamro::finetuning
