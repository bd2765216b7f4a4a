#pragma once

#include <string>

namespace qamro::io {

// Text as one word of a POSIX shell: in single quotes if the shell would split or change it otherwise.
std::string shell_word(const std::string& text);

// The command line of this process, to be typed again; empty if the system does not give it.
std::string process_command_line();

}  // namespace qamro::io
