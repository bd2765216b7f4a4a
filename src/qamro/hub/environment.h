#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace qamro::hub {

// An environment variable that is set and not empty.
std::optional<std::string> variable(const char* name);

// The variable's value as a folder; a "~" at its start is the user's home.
std::optional<std::filesystem::path> folder_variable(const char* name);

// $HOME, else the home folder in the user database.
std::optional<std::filesystem::path> home_folder();

// Where fetched models lie, each in a folder named after it: $QAMRO_HOME/models, else
// $XDG_DATA_HOME/qamro/models, else ~/.local/share/qamro/models; empty if none of these is known. The folder
// need not exist yet.
std::filesystem::path model_store();

}  // namespace qamro::hub
