#pragma once

#include <string>
#include <string_view>

namespace qamro::cli {

// The text with control characters, but for line ends and tabs, as "\x1b": names of files, systems and
// tensors, and what a server says, must not move a terminal's cursor or write to its title.
std::string harmless(std::string_view text);

// From now on, std::cout and std::cerr write harmless text where they are terminals.
void make_terminals_harmless();

// What to say before SIGINT, SIGTERM or SIGHUP ends the program from now on: that work is kept, and how to go
// on.
void say_when_interrupted(const std::string& text);

}  // namespace qamro::cli
