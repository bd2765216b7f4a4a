#include "qamro/experiments/row_notes.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "qamro/evaluation/evaluate.h"

namespace qamro::experiments {
namespace {

std::string cut_short_note(const training::Recipe& recipe, const std::vector<AblationScores>& scores) {
  training::RunEnds all;
  std::vector<std::string> rows;
  for (const AblationScores& row : scores) {
    if (!row.ends) continue;
    all.runs += row.ends->runs;
    all.cut_short += row.ends->cut_short;
    if (row.ends->cut_short > 0)
      rows.push_back(fmt::format("{} ({} of {})", row.name, row.ends->cut_short, row.ends->runs));
  }
  if (rows.empty()) return "";
  return fmt::format("{}; {}", describe(all, recipe.trainer), fmt::join(rows, ", "));
}

std::span<const double> numbers(const at::Tensor& column) {
  return {column.const_data_ptr<double>(), static_cast<std::size_t>(column.numel())};
}

}  // namespace

std::vector<std::string> row_notes(const training::Recipe& recipe, const training::Dataset& dataset,
                                   const std::vector<AblationScores>& scores) {
  std::vector<std::string> notes;
  if (std::string cut = cut_short_note(recipe, scores); !cut.empty()) notes.push_back(std::move(cut));
  for (const AblationScores& row : scores)
    for (std::int64_t axis = 0; axis < dataset.labels.size(1); ++axis) {
      const at::Tensor labels = dataset.labels.select(1, axis).contiguous();
      const at::Tensor column = row.scores.select(1, axis).contiguous();
      if (const auto mismatch = evaluation::find_scale_mismatch(numbers(labels), numbers(column)))
        notes.push_back(fmt::format("{}, {}: {}", row.name, recipe.data.axes[static_cast<std::size_t>(axis)],
                                    describe(*mismatch)));
    }
  return notes;
}

std::string render_notes(const std::vector<std::string>& notes) {
  std::string text;
  for (const std::string& note : notes) text += fmt::format("Note: {}.\n", note);
  return text;
}

}  // namespace qamro::experiments
