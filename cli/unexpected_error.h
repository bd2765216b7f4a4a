#pragma once

#include <CLI/CLI.hpp>
#include <exception>
#include <string>

namespace qamro::cli {

// One line of an error that nobody foresaw, such as one from inside torch, without its stack: what was
// computed (the command's model and precision, the processor's tier), what went wrong, and the request to
// report it.
std::string describe_unexpected(const std::exception& error, const CLI::App& command);

}  // namespace qamro::cli
