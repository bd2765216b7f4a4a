#pragma once

#include <string_view>

// The files of assets/ and Chart.js, built in by CMake (cmake/EmbedText.cmake).
namespace qamro::report::assets {

extern const std::string_view page;      // page.html
extern const std::string_view styles;    // *.css
extern const std::string_view script;    // *.js
extern const std::string_view chart_js;  // empty: it was missing at build time

}  // namespace qamro::report::assets
