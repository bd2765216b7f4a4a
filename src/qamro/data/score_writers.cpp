#include "qamro/data/score_writers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "qamro/core/error.h"
#include "qamro/data/audio_folder.h"
#include "qamro/data/column_names.h"

namespace qamro::data {
namespace {

constexpr std::array<std::string_view, 2> kTrack1 = {"MI", "TA"};
constexpr std::array<std::string_view, 4> kTrack2 = {"PQ", "PC", "CE", "CU"};

// The position of each wanted axis; empty if one is missing.
std::optional<std::vector<std::size_t>> find_all(std::span<const std::string_view> wanted,
                                                 const std::vector<std::string>& axes) {
  std::vector<std::size_t> columns;
  for (const auto name : wanted) {
    const auto found = std::find_if(axes.begin(), axes.end(),
                                    [&](const std::string& axis) { return short_axis_name(axis) == name; });
    if (found == axes.end()) return std::nullopt;
    columns.push_back(static_cast<std::size_t>(found - axes.begin()));
  }
  return columns;
}

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

AnswerWriter::AnswerWriter(std::ostream& stream, const std::vector<std::string>& axes)
    : stream_(&stream), axes_(axes.size()) {
  if (auto track1 = find_all(kTrack1, axes)) {
    columns_ = std::move(*track1);
  } else if (auto track2 = find_all(kTrack2, axes)) {
    columns_ = std::move(*track2);
    *stream_ << fmt::format("sample_id,{}\n", fmt::join(kTrack2, ","));
  } else {
    throw InvalidInput(
        fmt::format("answer: expected the axes MI and TA (track 1) or PQ, PC, CE and CU (track 2), got '{}'",
                    fmt::join(axes, "', '")));
  }
}

void AnswerWriter::write(const std::string& id, std::span<const double> scores) {
  if (id.empty() || id.find_first_of(",\"\r\n") != std::string::npos)
    throw InvalidInput(fmt::format("answer: expected an id without comma, quote and line end, got '{}'", id));
  if (!ids_.insert(id).second)
    throw InvalidInput(fmt::format("answer: expected every clip once, got '{}' twice", id));
  if (scores.size() != axes_)
    throw InvalidInput(fmt::format("answer: expected {} scores of '{}', got {}", axes_, id, scores.size()));
  std::string line = id;
  for (const std::size_t column : columns_) {
    if (!std::isfinite(scores[column]))
      throw InvalidInput(fmt::format("answer: expected finite scores of '{}', got {}", id, scores[column]));
    line += fmt::format(",{}", scores[column]);
  }
  *stream_ << line << '\n';
}

bool is_answer_of_a_track(const std::vector<std::string>& axes) {
  return find_all(kTrack1, axes) || find_all(kTrack2, axes);
}

std::string answer_id(const std::filesystem::path& path) {
  return has_audio_extension(path) ? path.stem().string() : path.filename().string();
}

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
