#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace qamro::report {

// Text escaped for an HTML element or a quoted attribute. Invalid UTF-8 becomes U+FFFD.
std::string html_text(std::string_view text);

// JSON escaped for a <script> element: '<', '>', '&', U+2028 and U+2029 become escapes. Invalid UTF-8 becomes
// U+FFFD; NaN and infinity become null.
std::string script_json(const nlohmann::ordered_json& json);

// A file's path as a relative link: "a folder/ü.wav" → "./a%20folder/%C3%BC.wav". Never has a scheme
// or a host.
std::string relative_link(std::string_view path);

}  // namespace qamro::report
