#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace qamro {

// The first five of many names, for a message: "a, b, c, d, e, ...". All of them if there are no more.
std::string first_names(const std::vector<std::string>& names, std::string_view between = ", ");

}  // namespace qamro
