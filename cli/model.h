#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace qamro::cli {

// Adds `qamro model convert` to `model`. The returned function runs it and returns the exit code.
std::function<int()> add_model_convert_command(CLI::App& model);

// Adds `qamro model fetch` to `model`. The returned function runs it and returns the exit code.
std::function<int()> add_model_fetch_command(CLI::App& model);

// Adds `qamro model verify` to `model`. The returned function runs it and returns the exit code.
std::function<int()> add_model_verify_command(CLI::App& model);

}  // namespace qamro::cli
