#include "qamro/scoring/run_text.h"

#include <fmt/format.h>

#include "qamro/evaluation/output/comparison_text.h"
#include "qamro/evaluation/output/conditions_text.h"

namespace qamro::scoring {
namespace {

// Where the rows went, or why they are not all there.
std::string end_text(const RunState& state, const std::string& file) {
  if (state.is_complete()) return file.empty() ? "" : fmt::format("; written to {}", file);
  return std::string("; stopped at the first failure (--fail-fast)") +
         (file.empty() ? "" : "; the finished clips are kept: continue with --resume");
}

}  // namespace

std::string render_rankings(const ScoresByAxis& scores, const data::SeenClips& seen) {
  std::string text;
  for (const auto& [axis, of_axis] : scores)
    text +=
        evaluation::render_ranking(evaluation::judge_systems(axis, evaluation::by_system(of_axis)), axis) +
        "\n";
  if (const std::string systems = seen.describe_systems(); !systems.empty()) text += systems + "\n\n";
  return text;
}

std::string render_run(const RunState& state, const std::string& model, const std::string& file,
                       const std::string& format) {
  const bool has_errors = holds_errors(format);
  std::string text =
      fmt::format("{} of {} clips scored with {}", state.done - state.failed, state.clips, model);
  if (state.failed > 0)
    text += fmt::format("; {} failed, {}", state.failed,
                        has_errors ? "see \"error\" in their rows" : "see above; the answer leaves them out");
  if (state.partly > 0)
    text += fmt::format("; {} of them only in part, because they have no prompt{}", state.partly,
                        has_errors ? "" : "; the answer leaves them out");
  if (state.noted > 0)
    text += fmt::format("; {} from files with something odd about them, see \"note\" in {}", state.noted,
                        format == "jsonl" ? "their rows" : "the rows of --format jsonl");
  if (state.unfamiliar > 0)
    text += fmt::format(
        "; {} of them lie outside the clips that its heads were trained on and were scored mostly by its encoder's own head",
        state.unfamiliar);
  if (state.familiarity.any()) text += "; " + evaluation::unfamiliar_text(state.familiarity);
  if (state.seen.seen > 0) text += "; " + state.seen.describe();
  return text + end_text(state, file) + "\n";
}

}  // namespace qamro::scoring
