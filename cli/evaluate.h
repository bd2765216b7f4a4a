#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace qamro::cli {

// Adds `qamro evaluate` to the app. Returns the function that runs it after parsing.
std::function<int()> add_evaluate_command(CLI::App& app);

}  // namespace qamro::cli
