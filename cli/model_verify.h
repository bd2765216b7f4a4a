#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace qamro::cli {

// Adds `qamro model verify` to `model`. The returned function runs it and returns the exit code.
std::function<int()> add_model_verify_command(CLI::App& model);

}  // namespace qamro::cli
