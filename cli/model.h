#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace qamro::cli {

// Adds `qamro model list` and `qamro model inspect` to the app; returns what runs it after parsing.
std::function<int()> add_model_command(CLI::App& app);

}  // namespace qamro::cli
