#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace qamro::cli {

// `qamro train`: heads on frozen embeddings, after a recipe. Returns what runs it.
std::function<int()> add_train_command(CLI::App& app);

}  // namespace qamro::cli
