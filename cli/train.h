#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace qamro::cli {

// `qamro train`: trains heads on frozen embeddings, or a whole encoder, from a recipe. Returns the function
// that runs it.
std::function<int()> add_train_command(CLI::App& app);

}  // namespace qamro::cli
