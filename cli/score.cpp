#include "cli/score.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <future>
#include <iostream>
#include <map>
#include <memory>

#include "cli/clip_prompts.h"
#include "cli/exit_code.h"
#include "cli/input_options.h"
#include "cli/journal.h"
#include "cli/progress.h"
#include "cli/provenance.h"
#include "cli/report_options.h"
#include "cli/score_report.h"
#include "cli/score_row.h"
#include "cli/score_sink.h"
#include "qamro/core/error.h"
#include "qamro/data/answer_file.h"
#include "qamro/evaluation/text_report.h"
#include "qamro/io/atomic_file.h"
#include "qamro/models/registry.h"

namespace qamro::cli {
namespace {

struct ScoreOptions {
  InputOptions input;
  std::string output;
  std::string format = "jsonl";
  bool windows = false;
  bool resume = false;
  bool fail_fast = false;
  bool ranking = true;
  ReportOptions report;
};

// Scores collected for the final ranking.
using ScoresByAxis = std::map<std::string, evaluation::SystemScores>;

// Whether the row has a number for that axis. In rows from a journal, NaN and infinity are null.
bool is_scored(const Row& row, const std::string& axis) {
  const auto score = row.find(axis);
  return score != row.end() && score->is_number() && std::isfinite(score->get<double>());
}

void gather(const Row& row, const models::Predictor& predictor, ScoresByAxis& scores) {
  if (!row.contains("system")) return;
  for (const auto& axis : predictor.axes()) {
    if (!is_scored(row, axis.name)) continue;
    auto& of_axis = scores[axis.name];
    of_axis.systems.push_back(row.at("system").get<std::string>());
    of_axis.scores.push_back(row.at(axis.name).get<double>());
    of_axis.items.push_back(std::filesystem::path(row.at("path").get<std::string>()).stem().string());
  }
}

std::string render_rankings(const ScoresByAxis& scores) {
  std::string text;
  for (const auto& [axis, of_axis] : scores)
    text += evaluation::render_system_ranking(evaluation::system_ranking(of_axis), axis) + "\n";
  return text;
}

// Runs while the audio is encoded. The predictor and the clips must outlive it.
std::shared_future<models::EncodedPrompts> start_encoding_prompts(const models::Predictor& predictor,
                                                                  const std::vector<data::Clip>& clips,
                                                                  const InputOptions& input,
                                                                  const models::EncodingOptions& encoding) {
  check_prompts(predictor, input);
  const auto encode = [&, threads = encoding.threads] { return encode_prompts(predictor, clips, threads); };
  return std::async(std::launch::async, encode).share();
}

class ScoreRun {
 public:
  ScoreRun(const ScoreOptions& options, std::vector<data::Clip> clips)
      : options_(options),
        clips_(std::move(clips)),
        predictor_(
            models::open_predictor(options.input.model.empty() ? models::kDefaultModel : options.input.model,
                                   compute_of(options.input))),
        encoding_(encoding_options(options.input, predictor_->description().mono_policy)),
        prompts_(start_encoding_prompts(*predictor_, clips_, options.input, encoding_)),
        report_(*predictor_),
        progress_("scoring", static_cast<std::int64_t>(clips_.size())) {}

  int run() {
    sink_ = std::make_unique<ScoreSink>(options_.output, options_.format, columns());
    if (options_.resume) open_journal();
    const auto rest = std::span(clips_).subspan(next_);
    if (!rest.empty())
      models::encode_clips(
          predictor_->encoder(), rest, encoding_,
          [&](std::size_t, models::EncodedClip&& encoded) { return finish_clip(std::move(encoded)); });
    progress_.finish();
    return close();
  }

 private:
  std::vector<std::string> columns() const {
    if (options_.format == "answer" || options_.format == "audio-aes") return axis_names();
    const bool with_id =
        std::any_of(clips_.begin(), clips_.end(), [](const auto& clip) { return clip.id.has_value(); });
    const bool with_times =
        options_.windows || std::any_of(clips_.begin(), clips_.end(), [](const auto& clip) {
          return clip.start_seconds || clip.end_seconds;
        });
    return csv_columns(*predictor_, with_id, with_times);
  }

  std::vector<std::string> axis_names() const {
    std::vector<std::string> names;
    for (const auto& axis : predictor_->axes()) names.push_back(axis.name);
    return names;
  }

  // Waits for the hash of the weights. Without --resume it is called at the first finished clip, so that
  // hashing runs while the network computes.
  void open_journal() {
    provenance_ = provenance(*predictor_, encoding_);
    const std::string settings = settings_digest(provenance_, clips_);
    provenance_["settings_sha256"] = settings;
    provenance_["clips"] = clips_.size();
    if (options_.output.empty() || options_.output == "-") return;
    journal_ = std::make_unique<Journal>(options_.output, settings, options_.resume);
    for (const auto& rows : journal_->finished()) take(rows);
    if (next_ > 0) std::cerr << fmt::format("resumed: {} of {} clips were done\n", next_, clips_.size());
  }

  bool finish_clip(models::EncodedClip&& encoded) {
    if (provenance_.is_null()) open_journal();
    const auto& clip = clips_[next_];
    std::vector<Row> rows;
    if (!encoded.error.empty()) {
      rows.push_back(error_row(clip, encoded.error));
    } else if (options_.windows) {
      rows = window_rows({clip, encoded, prompt_of(clip, prompts_.get())}, *predictor_);
    } else {
      rows.push_back(score_row({clip, encoded, prompt_of(clip, prompts_.get())}, *predictor_));
    }
    if (encoded.error.empty() && predictor_->head_share({encoded.vectors, encoded.windows}) < 0.5)
      ++unfamiliar_;
    if (journal_) journal_->append(rows);
    take(rows);
    return !(options_.fail_fast && failed_ + partly_ > 0);
  }

  void take(const std::vector<Row>& rows) {
    ++next_;
    for (const auto& row : rows) {
      sink_->write(row);
      gather(row, *predictor_, scores_);
      if (!options_.report.file.empty()) report_.add(row);
    }
    const bool failed = !rows.empty() && rows.front().contains("error");
    if (failed) {
      if (options_.format == "answer")  // which has no place for an error
        std::cerr << "qamro score: " << rows.front().at("error").get<std::string>() << '\n';
      const auto& axes = predictor_->axes();
      const bool partly = std::any_of(axes.begin(), axes.end(),
                                      [&](const auto& axis) { return is_scored(rows.front(), axis.name); });
      ++(partly ? partly_ : failed_);
      progress_.note(fmt::format("{} failed", failed_ + partly_));
    }
    progress_.advance();
  }

  int close() {
    const bool stopped = next_ < clips_.size();
    if (!stopped) {
      sink_->commit(provenance_);
      if (journal_) journal_->remove();
      if (failed_ < next_) report_.write(options_.report, options_.input, provenance_);
    }
    if (options_.ranking && !options_.windows && !scores_.empty() && !stopped)
      (sink_->on_stdout() ? std::cerr : std::cout) << '\n' << render_rankings(scores_) << std::flush;
    std::cerr << summary(stopped);
    if (failed_ == next_) return ExitCode::kNothingDone;
    return failed_ + partly_ > 0 ? ExitCode::kSomeInputsFailed : ExitCode::kAllDone;
  }

  std::string summary(bool stopped) const {
    std::string text = fmt::format("{} of {} clips scored with {}", next_ - failed_, clips_.size(),
                                   predictor_->description().name);
    if (failed_ > 0)
      text += fmt::format("; {} failed, {}", failed_,
                          options_.format == "answer" ? "as said above, and are not in the answer"
                                                      : "see \"error\" in their rows");
    if (partly_ > 0)
      text += fmt::format("; {} of them only in part, for want of a prompt{}", partly_,
                          options_.format == "answer" ? ", and are not in the answer" : "");
    if (unfamiliar_ > 0)
      text += fmt::format("; {} of them unlike its training clips, so mostly by its encoder's own head",
                          unfamiliar_);
    if (stopped) {
      text += "; stopped at the first failure (--fail-fast)";
      if (journal_) text += fmt::format(", what was done is kept: go on with --resume");
    } else if (!sink_->on_stdout()) {
      text += fmt::format("; written to {}", options_.output);
    }
    return text + "\n";
  }

  const ScoreOptions& options_;
  std::vector<data::Clip> clips_;
  std::unique_ptr<models::Predictor> predictor_;
  models::EncodingOptions encoding_;
  std::shared_future<models::EncodedPrompts> prompts_;
  nlohmann::ordered_json provenance_;  // null until open_journal()
  ScoreReport report_;
  Progress progress_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<ScoreSink> sink_;
  ScoresByAxis scores_;
  std::size_t next_ = 0;
  std::size_t failed_ = 0;
  std::size_t partly_ = 0;      // scored on some axes, with an error for the others
  std::size_t unfamiliar_ = 0;  // only clips that this process scored
};

// Checked before hours of scoring, because an answer may name each clip only once.
void check_answer_ids(const std::vector<data::Clip>& clips) {
  std::map<std::string, std::string> path_of;
  for (const data::Clip& clip : clips) {
    const std::string id = clip.id.value_or(data::answer_id(clip.path_as_given));
    const auto [found, is_new] = path_of.emplace(id, clip.path_as_given);
    if (!is_new && clip.error.empty())
      throw InvalidInput(fmt::format("--format answer: expected every clip once, got '{}' from {} and {}", id,
                                     found->second, clip.path_as_given));
  }
}

int run(const ScoreOptions& options) {
  if (options.resume && (options.output.empty() || options.output == "-"))
    throw InvalidInput("--resume: expected --output FILE, whose journal tells what was done");
  if (options.windows && (options.format == "answer" || options.format == "audio-aes"))
    throw InvalidInput(
        fmt::format("--windows: --format {} has one row a clip, not one a window", options.format));
  if (options.windows && !options.report.file.empty())
    throw InvalidInput("--report: expected one row a clip, not one a window (--windows)");
  if (!options.report.file.empty()) report::require_drawing_library();
  auto clips = read_clips(options.input);
  if (clips.empty()) {
    std::cerr << "qamro score: nothing to score: the inputs name no clip\n";
    return ExitCode::kNothingDone;
  }
  if (options.format == "answer") check_answer_ids(clips);
  return ScoreRun(options, std::move(clips)).run();
}

}  // namespace

std::function<int()> add_score_command(CLI::App& app) {
  auto* command = app.add_subcommand("score", "Score audio, and rank the systems that made it");
  auto options = std::make_shared<ScoreOptions>();
  add_input_options(*command, options->input);
  command->add_option("--output,-o", options->output, "file for the rows (default: standard output)");
  command
      ->add_option(
          "--format", options->format,
          "jsonl, csv, answer (of the AudioMOS challenge 2025: track 1 for a model of MI and TA, "
          "track 2 for one of PQ, PC, CE and CU) or audio-aes (the lines of the program of that name: "
          "{\"CE\", \"CU\", \"PC\", \"PQ\"}, line n for input n; {\"error\"} for one that cannot be scored)")
      ->capture_default_str()
      ->check(CLI::IsMember({"jsonl", "csv", "answer", "audio-aes"}));
  command->add_flag("--windows", options->windows, "one row a window instead of one a clip: a timeline");
  command->add_flag("--resume", options->resume, "go on where a killed run with the same --output stopped");
  command->add_flag("--fail-fast", options->fail_fast, "stop at the first clip that cannot be scored");
  command->add_flag("!--no-ranking", options->ranking, "do not print the ranking of systems at the end");
  add_report_options(*command, options->report);
  command->footer(
      "Rows keep the inputs' order: {\"path\", \"system\", \"mos\", \"duration_seconds\"} or {\"path\", "
      "\"error\"}.\n"
      "With a model of text-to-music (kind clap) a clip without a prompt has its MI, null for TA, and an "
      "error.\n"
      "Beside FILE, FILE.provenance.json says how the scores came about.\n"
      "Example: qamro score wavs/ --model my_clap/model --prompts prompt_info.txt --output scores.jsonl\n"
      "Example: qamro score ours/ theirs/ --system folder --output scores.jsonl");
  return [options] { return run(*options); };
}

}  // namespace qamro::cli
