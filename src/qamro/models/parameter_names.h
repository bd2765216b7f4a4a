#pragma once

#include <cstdint>
#include <string_view>

#include "qamro/io/state_dict.h"

namespace torch::nn {
class Module;
}

namespace qamro::models {

// Prefixes of a run's parameters, before the names that the encoder and the heads give them.
inline constexpr std::string_view kEncoderPrefix = "encoder.";
inline constexpr std::string_view kHeadsPrefix = "heads.";

// The parameters of a run, the encoder's and the heads', with these prefixes.
io::StateDict parameters_of_run(const torch::nn::Module& encoder, const io::StateDict& heads);

// The number after `prefix` in a name such as "…layers.3.linear1.weight"; -1 if there is none.
std::int64_t number_after(std::string_view name, std::string_view prefix);

}  // namespace qamro::models
