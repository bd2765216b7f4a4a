#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace qamro::cli {

// Adds `qamro model convert` to `model`; what it returns runs it and gives the exit code.
std::function<int()> add_model_convert_command(CLI::App& model);

}  // namespace qamro::cli
