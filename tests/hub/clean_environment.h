#pragma once

#include <array>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace qamro::testing {

// Unsets every variable that src/qamro/hub reads; the destructor restores them.
class CleanEnvironment {
 public:
  CleanEnvironment() {
    for (const char* name : kNames) {
      if (const char* value = std::getenv(name)) saved_.emplace_back(name, value);
      ::unsetenv(name);
    }
  }
  ~CleanEnvironment() {
    for (const char* name : kNames) ::unsetenv(name);
    for (const auto& [name, value] : saved_) ::setenv(name, value.c_str(), 1);
  }
  CleanEnvironment(const CleanEnvironment&) = delete;
  CleanEnvironment& operator=(const CleanEnvironment&) = delete;

  void set(const char* name, const std::string& value) const { ::setenv(name, value.c_str(), 1); }

 private:
  static constexpr std::array kNames = {
      "HOME",     "QAMRO_HOME",    "XDG_DATA_HOME",         "XDG_CACHE_HOME",
      "HF_HOME",  "HF_HUB_CACHE",  "HUGGINGFACE_HUB_CACHE", "HF_ENDPOINT",
      "HF_TOKEN", "HF_HUB_OFFLINE"};
  std::vector<std::pair<const char*, std::string>> saved_;
};

}  // namespace qamro::testing
