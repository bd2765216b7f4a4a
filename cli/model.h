#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace qamro::cli {

// Adds `qamro model` with its sub-commands to the app. Returns the function that runs them after parsing.
std::function<int()> add_model_command(CLI::App& app);

}  // namespace qamro::cli
