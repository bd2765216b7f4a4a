#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace qamro::cli {

// `qamro ablate`: the same training with other losses, compared. Returns what runs it.
std::function<int()> add_ablate_command(CLI::App& app);

}  // namespace qamro::cli
