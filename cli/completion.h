#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace qamro::cli {

// `qamro completion SHELL`: prints a completion script, made from all commands and options of `app`.
std::function<int()> add_completion_command(CLI::App& app);

}  // namespace qamro::cli
