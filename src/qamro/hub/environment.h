#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace qamro::hub {

// An environment variable that is set and not empty.
std::optional<std::string> variable(const char* name);

// As a folder, of which a "~" at the start is the user's home.
std::optional<std::filesystem::path> folder_variable(const char* name);

// $HOME, else the user database's.
std::optional<std::filesystem::path> home_folder();

// Where fetched models lie, each in a folder of its name: $QAMRO_HOME/models, else
// $XDG_DATA_HOME/qamro/models, else ~/.local/share/qamro/models; empty when none of them can be told. It need
// not be there yet.
std::filesystem::path model_store();

}  // namespace qamro::hub
