#include "qamro/data/audio_aes_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "qamro/core/error.h"
#include "qamro/data/column_names.h"

namespace qamro::data {
namespace {

constexpr std::array<std::string_view, 4> kAxes = {"CE", "CU", "PC", "PQ"};  // AXES_NAME of infer.py

// float.__repr__: the shortest digits that read back as the same double, with an exponent below 1e-4 and from
// 1e16 on, and always with a mark that distinguishes it from an integer.
std::string python_repr(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  const std::string text = fmt::format("{}", value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

}  // namespace

AudioAesWriter::AudioAesWriter(std::ostream& stream, const std::vector<std::string>& axes)
    : stream_(&stream), axes_(axes.size()) {
  for (std::size_t i = 0; i < kAxes.size(); ++i) {
    const auto found =
        std::ranges::find_if(axes, [&](const auto& axis) { return short_axis_name(axis) == kAxes[i]; });
    if (found == axes.end())
      throw InvalidInput(
          fmt::format("audio-aes: expected the axes CE, CU, PC and PQ, got '{}'", fmt::join(axes, "', '")));
    columns_[i] = static_cast<std::size_t>(found - axes.begin());
  }
}

void AudioAesWriter::write(std::span<const double> scores) {
  if (scores.size() != axes_)
    throw InvalidInput(fmt::format("audio-aes: expected {} scores, got {}", axes_, scores.size()));
  std::string line;
  for (std::size_t i = 0; i < kAxes.size(); ++i)
    line += fmt::format("{}\"{}\": {}", i == 0 ? "{" : ", ", kAxes[i],
                        python_repr(static_cast<float>(scores[columns_[i]])));
  *stream_ << line << "}\n";
}

void AudioAesWriter::write_error(const std::string& message) {
  const nlohmann::json text = message;
  *stream_ << R"({"error": )"
           << text.dump(-1, ' ', /*ensure_ascii=*/true, nlohmann::json::error_handler_t::replace) << "}\n";
}

}  // namespace qamro::data
