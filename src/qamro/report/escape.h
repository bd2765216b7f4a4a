#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace qamro::report {

// Text as it may stand in an HTML element or a quoted attribute. What is no UTF-8 becomes U+FFFD.
std::string html_text(std::string_view text);

// JSON as it may stand in a <script> element: no '<', '>', '&', U+2028 or U+2029 is left as itself. What is
// no UTF-8 becomes U+FFFD, numbers that are not finite become null.
std::string script_json(const nlohmann::ordered_json& json);

// A file's path as a relative link: "a folder/ü.wav" → "a%20folder/%C3%BC.wav". Never a scheme or a host.
std::string relative_link(std::string_view path);

}  // namespace qamro::report
