#include "qamro/hub/environment.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace qamro::hub {
namespace fs = std::filesystem;

std::optional<std::string> variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

std::optional<fs::path> folder_variable(const char* name) {
  const auto value = variable(name);
  if (!value) return std::nullopt;
  const auto home = *value == "~" || value->starts_with("~/") ? home_folder() : std::nullopt;
  return home ? fs::path(home->string() + value->substr(1)) : fs::path(*value);
}

std::optional<fs::path> home_folder() {
  if (const auto home = variable("HOME")) return *home;
  const passwd* user = ::getpwuid(::getuid());
  if (user == nullptr || user->pw_dir == nullptr || *user->pw_dir == '\0') return std::nullopt;
  return user->pw_dir;
}

fs::path model_store() {
  if (const auto home = folder_variable("QAMRO_HOME")) return *home / "models";
  if (const auto data = folder_variable("XDG_DATA_HOME")) return *data / "qamro/models";
  const auto home = home_folder();
  return home ? *home / ".local/share/qamro/models" : fs::path();
}

}  // namespace qamro::hub
