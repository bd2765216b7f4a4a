#pragma once

namespace qamro::nn {

enum class Activation { none, relu, leaky_relu, gelu };  // gelu: with erf

}  // namespace qamro::nn
