#pragma once

#include <CLI/CLI.hpp>
#include <exception>
#include <string>

namespace qamro::cli {

// One line for an unforeseen error, such as one from inside torch, without its stack. It says what was
// computed (the command's model and precision, the processor's tier) and what went wrong, and asks to
// report it.
std::string describe_unexpected(const std::exception& error, const CLI::App& command);

}  // namespace qamro::cli
