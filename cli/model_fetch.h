#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace qamro::cli {

// Adds `qamro model fetch` to `model`. The returned function runs it and returns the exit code.
std::function<int()> add_model_fetch_command(CLI::App& model);

}  // namespace qamro::cli
