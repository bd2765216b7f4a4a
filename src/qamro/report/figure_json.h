#pragma once

#include <nlohmann/json_fwd.hpp>

#include "qamro/report/report.h"

namespace qamro::report {

// In the form that report_json() describes.
nlohmann::ordered_json figure_json(const Figure& figure);
// Throws InvalidInput for a row that does not fit the columns.
nlohmann::ordered_json table_json(const Table& table);

}  // namespace qamro::report
