#pragma once

#include <string>
#include <string_view>

namespace qamro::io {

// Text with a backslash before every one of these characters, as zsh's _arguments and _describe need it.
std::string escaped(std::string_view text, std::string_view characters);

// Text in single quotes, as one word of a POSIX shell.
std::string quoted_word(std::string_view text);

// Text as one word of a POSIX shell: in single quotes if the shell would split or change it otherwise.
std::string shell_word(const std::string& text);

// The command line of this process, to be typed again; empty if the system does not give it.
std::string process_command_line();

}  // namespace qamro::io
