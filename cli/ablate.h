#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace qamro::cli {

// `qamro ablate`: compares the same training with other losses. Returns the function that runs it.
std::function<int()> add_ablate_command(CLI::App& app);

}  // namespace qamro::cli
