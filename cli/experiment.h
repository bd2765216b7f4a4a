#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace qamro::cli {

// `qamro experiment`: from a folder of published ratings to the paper's tables. Returns the function that
// runs it.
std::function<int()> add_experiment_command(CLI::App& app);

}  // namespace qamro::cli
