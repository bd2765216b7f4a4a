#pragma once

#include <string>

namespace qamro::cli {

// "qamro 0.1.0"; verbose: also what it computes with on this machine, one line each ("name: value").
std::string version_text(bool is_verbose);

}  // namespace qamro::cli
