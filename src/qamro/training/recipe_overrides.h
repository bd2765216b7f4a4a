#pragma once

#include <toml++/toml.h>
#include <string>
#include <vector>

namespace qamro::training {

// Applies "section.key=value" to a parsed recipe, see load_recipe(). Throws InvalidInput that names
// the override.
void apply_overrides(toml::table& recipe, const std::vector<std::string>& overrides);

}  // namespace qamro::training
