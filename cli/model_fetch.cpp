#include "cli/commands.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>

#include "cli/model.h"
#include "cli/progress.h"
#include "qamro/evaluation/output/text_table.h"
#include "qamro/hub/environment.h"
#include "qamro/hub/fetch.h"

namespace qamro::cli {
namespace {

struct FetchArguments {
  std::string name;
  std::string store;  // "": the folder where models are looked up
  hub::FetchOptions options;
};

// A bar for each download, and a line for each problem.
class FetchDisplay {
 public:
  hub::FetchObserver observer() {
    hub::FetchObserver observer;
    observer.download_begins = [this](const hub::PublishedFile& file) {
      progress_ = std::make_unique<Progress>(file.name, file.bytes.value_or(0), "bytes");
    };
    observer.download.progress = [this](std::int64_t bytes, std::optional<std::int64_t> total) {
      progress_->reach(bytes, total.value_or(0));
    };
    observer.download.retrying = [](const std::string& reason, double wait_seconds) {
      std::cerr << fmt::format("{}; retrying in {}\n", reason, format_duration(wait_seconds));
    };
    observer.note = [](const std::string& note) { std::cerr << note << '\n'; };
    return observer;
  }
  void finish() { progress_.reset(); }

 private:
  std::unique_ptr<Progress> progress_;
};

std::string what_was_checked(const hub::FetchedFile& file) {
  switch (file.checked_against) {
    case hub::CheckedAgainst::published:
      return "as published";
    case hub::CheckedAgainst::server:
      return "as the server reports";
    case hub::CheckedAgainst::receipt:
      return "same as the first download";
    case hub::CheckedAgainst::nothing:
      break;
  }
  return "not published: later fetches must match it";
}

void print(const hub::PublishedModel& model, const hub::Receipt& receipt,
           const std::filesystem::path& folder) {
  using evaluation::Align;
  evaluation::TextTable table(
      {{"file", Align::kLeft}, {"bytes"}, {"SHA-256", Align::kLeft}, {"", Align::kLeft}});
  for (const auto& file : receipt.files)
    table.add_row({file.name, fmt::format("{}", file.bytes), file.sha256, what_was_checked(file)});
  std::cout << table.str()
            << fmt::format("\n{}\nlicence: {}\nIt is {}.\n", folder.string(), model.licence, model.becomes);
}

int run(const FetchArguments& arguments) {
  const auto& model = hub::published_model(arguments.name);
  const std::filesystem::path store =
      arguments.store.empty() ? hub::model_store() : std::filesystem::path(arguments.store);
  FetchDisplay display;
  const auto receipt = hub::fetch_model(model, store, hub::HuggingFaceSettings::from_environment(),
                                        arguments.options, display.observer());
  display.finish();
  print(model, receipt, store / model.name);
  return ExitCode::kAllDone;
}

}  // namespace

std::function<int()> add_model_fetch_command(CLI::App& model) {
  auto* command = model.add_subcommand("fetch", "Download a published model");
  auto arguments = std::make_shared<FetchArguments>();
  auto& download = arguments->options.download;
  command->add_option("NAME", arguments->name, "name of a published model ('qamro model list' shows them)")
      ->required();
  command->add_option("--to", arguments->store,
                      "folder of models (default: $QAMRO_HOME/models, else ~/.local/share/qamro/models)");
  command->add_flag("--anew", arguments->options.refetch,
                    "download files again even if they are already here");
  command
      ->add_option("--attempts", download.attempts,
                   "failed attempts in a row after which qamro gives up; each attempt resumes the download")
      ->capture_default_str();
  command
      ->add_option("--wait", download.first_wait_seconds,
                   "seconds to wait before the second attempt; the wait doubles with each attempt")
      ->capture_default_str();
  command
      ->add_option("--timeout", download.stall_seconds,
                   "seconds below the minimum rate after which a download counts as broken")
      ->capture_default_str();
  command
      ->add_option("--min-rate", download.min_bytes_per_second,
                   "bytes per second that a download has to reach, or it is resumed as a broken one")
      ->capture_default_str();
  command->footer(
      "A broken download continues where it stopped, even in a later call. A file appears only if its SHA-256 is right\n"
      "and its bytes are of the kind that its name says: the page of a login or a captive portal is refused.\n"
      "Files in Hugging Face's cache are taken from there; HF_HOME, HF_HUB_CACHE, HF_ENDPOINT, HF_TOKEN,\n"
      "HF_HUB_OFFLINE and https_proxy are honoured.\n"
      "Example: qamro model fetch audiobox-aesthetics");
  return [arguments] { return run(*arguments); };
}

}  // namespace qamro::cli
