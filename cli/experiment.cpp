#include "cli/commands.h"

#include <fmt/format.h>

#include <array>
#include <iostream>
#include <memory>
#include <utility>

#include "cli/progress.h"
#include "cli/recipe_options.h"
#include "cli/report_options.h"
#include "qamro/experiments/experiment.h"

namespace qamro::cli {
namespace {

using experiments::Experiment;
using experiments::ExperimentOptions;

constexpr std::array<std::pair<Experiment, const char*>, 4> kExperiments = {{
    {Experiment::kTable1, "The paper's Table I: MusicEval, system level, ours beside the paper's"},
    {Experiment::kTable2, "The paper's Table II: AES-Natural, four axes, ours beside the paper's"},
    {Experiment::kFig1, "The paper's Fig. 1: a sweep of the preference factor"},
    {Experiment::kAblation, "What margin and quality weighting are worth, on any of the data sets"},
}};

// A progress bar for the step that is running.
class ExperimentDisplay {
 public:
  experiments::ExperimentObserver observer() {
    experiments::ExperimentObserver observer;
    observer.embedding_begins = [this](std::int64_t clips) { begin("embedding", clips, "files"); };
    observer.clip_embedded = [this](const std::string& error) {
      if (!error.empty()) std::cerr << error << '\n';
      progress_->advance();
    };
    observer.training_begins = [this](const std::string& label, std::int64_t epochs) {
      begin(label, epochs, "epochs");
    };
    observer.progress = [this](const training::RunProgress& run) { progress_callback (*progress_)(run); };
    observer.note = [](const std::string& text) { std::cerr << "warning: " << text << '\n'; };
    return observer;
  }

 private:
  void begin(const std::string& label, std::int64_t total, const char* unit) {
    progress_.reset();
    progress_ = std::make_unique<Progress>(label, total, unit);
  }
  std::unique_ptr<Progress> progress_;
};

int run(const ExperimentOptions& options) {
  experiments::ExperimentResult result;
  {
    ExperimentDisplay display;
    result = experiments::run_experiment(options, display.observer());
  }
  for (const auto& [chart, file] : result.pictures) draw_picture(chart, file);
  std::cout << result.text << std::flush;
  if (result.rows_left_out.empty()) return ExitCode::kAllDone;
  std::cerr << fmt::format("qamro experiment {}: {} rows could not be made; see above for what is missing\n",
                           name_of(options.experiment), result.rows_left_out.size());
  return ExitCode::kSomeInputsFailed;
}

void add_options(CLI::App& command, ExperimentOptions& options) {
  command.add_option("--data", options.data, "folder of published ratings (see below)")->required();
  command
      .add_option("--output,-o", options.output,
                  "folder to write to; if it holds a run, the run is continued")
      ->required();
  command.add_option("--audio", options.audio, "folder of the clips, if they are not beside the ratings");
  command.add_option("--model", options.model,
                     "encoder, name or path (default: the paper's; distill-mos for neural codecs)");
  command.add_option("--recipe", options.recipe,
                     "recipe to use instead of the data set's own (docs/recipe.md)");
  command
      .add_option("--set", options.overrides,
                  "sets a recipe key, e.g. --set training.seeds=[0,1] --set loss.ranking.margin_scale=0.3")
      ->type_name("SECTION.KEY=VALUE")
      ->allow_extra_args(false);
  command.add_flag("--quick", options.quick,
                   "use one seed and three epochs, to check that nothing is missing");
  command
      .add_option("--threads", options.threads, "threads to use; 0: one per core. Does not change the result")
      ->check(CLI::NonNegativeNumber);
  command.footer(
      "--data is a folder of one of\n"
      "  neural codecs   ratings_formated_filtered.csv, audio/        (ablation, fig1)\n"
      "  MusicEval       sets/*_mos_list.txt, wav/, prompt_info.txt   (table1, ablation, fig1)\n"
      "  AES-Natural     audiomos2025-track2-*_list.csv ...           (table2, ablation, fig1)\n"
      "Rows that need missing audio or weights are left out; qamro says what is missing and how to get it\n"
      "(exit code 1). If a run is killed, the same command continues it and gives the same result.\n"
      "See docs/experiments.md.\n"
      "Example: qamro experiment ablation --data neural_codec_mushra --output ablation");
}

}  // namespace

std::function<int()> add_experiment_command(CLI::App& app) {
  CLI::App* experiment =
      app.add_subcommand("experiment", "From a folder of ratings and audio to the paper's tables");
  experiment->require_subcommand(1);
  auto chosen = std::make_shared<ExperimentOptions>();
  for (const auto& [kind, help] : kExperiments) {
    CLI::App* command = experiment->add_subcommand(std::string(name_of(kind)), help);
    auto options = std::make_shared<ExperimentOptions>();
    options->experiment = kind;
    add_options(*command, *options);
    command->callback([chosen, options] { *chosen = *options; });
  }
  return [chosen] { return run(*chosen); };
}

}  // namespace qamro::cli
