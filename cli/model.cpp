#include "cli/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <set>

#include "cli/model.h"
#include "qamro/core/error.h"
#include "qamro/evaluation/output/text_table.h"
#include "qamro/hub/fetch.h"
#include "qamro/io/state_dict.h"
#include "qamro/models/registry.h"

namespace qamro::cli {
namespace {

namespace fs = std::filesystem;

std::string axis_names(const models::ModelDescription& model) {
  std::string names;
  for (const auto& axis : model.axes)
    names +=
        fmt::format("{}{} {:g}–{:g}", names.empty() ? "" : ", ", axis.name, axis.scale_low, axis.scale_high);
  return names;
}

// "to fetch, 415 MB", or only "to fetch" if a size is unknown.
std::string to_fetch(const hub::PublishedModel& model) {
  const auto total = model.total_bytes();
  if (!total) return "to fetch";
  const auto bytes = static_cast<double>(*total);
  return bytes < 1e9 ? fmt::format("to fetch, {:.0f} MB", bytes / 1e6)
                     : fmt::format("to fetch, {:.1f} GB", bytes / 1e9);
}

int list() {
  evaluation::TextTable table({{"model", evaluation::Align::kLeft},
                               {"scores", evaluation::Align::kLeft},
                               {"weights", evaluation::Align::kLeft},
                               {"about", evaluation::Align::kLeft}});
  std::set<std::string> names;
  for (const auto& model : models::list_models()) {
    names.insert(model.name);
    table.add_row({model.name + (model.name == models::kDefaultModel ? " (default)" : ""), axis_names(model),
                   fs::exists(model.weights) ? "here" : "missing", model.summary});
  }
  for (const auto& model : hub::published_models())
    if (!names.contains(model.name))
      table.add_row({model.name, "", hub::is_fetched(model) ? "here" : to_fetch(model),
                     fmt::format("{}; {}", model.summary, model.becomes)});
  std::cout << table.str();
  return ExitCode::kAllDone;
}

void print_tensors(const io::StateDict& state) {
  std::int64_t parameters = 0;
  evaluation::TextTable table({{"tensor", evaluation::Align::kLeft},
                               {"type", evaluation::Align::kLeft},
                               {"shape", evaluation::Align::kLeft}});
  for (const auto& [name, tensor] : state) {
    std::string shape;
    for (const auto size : tensor.sizes()) shape += fmt::format("{}{}", shape.empty() ? "" : " × ", size);
    table.add_row({name, c10::toString(tensor.scalar_type()), shape.empty() ? "scalar" : shape});
    parameters += tensor.numel();
  }
  std::cout << table.str() << fmt::format("{} tensors, {} numbers\n", state.size(), parameters);
}

int inspect(const std::string& name_or_path) {
  if (fs::is_regular_file(name_or_path) && fs::path(name_or_path).filename() != "model.json") {
    print_tensors(models::WeightsFile(name_or_path).tensors());
    return ExitCode::kAllDone;
  }
  const auto model = models::describe_model(name_or_path);
  std::cout << fmt::format("{}\n", model.document.dump(2));
  const auto sha256 = models::verify_weights(model);
  std::cout << fmt::format("\nweights  {}\nsha256   {}{}\n\n", model.weights.string(), sha256,
                           model.sha256.empty() ? "" : " (as model.json says)");
  print_tensors(models::WeightsFile(model.weights).tensors());
  return ExitCode::kAllDone;
}

}  // namespace

std::function<int()> add_model_command(CLI::App& app) {
  auto* command = app.add_subcommand("model", "List, fetch, convert, verify and inspect models");
  command->require_subcommand(1);
  auto* list_command =
      command->add_subcommand("list", "List the models that --model can name, and those that can be fetched");
  auto* inspect_command = command->add_subcommand("inspect", "Show a model's description, hash and tensors");
  auto path = std::make_shared<std::string>();
  inspect_command->add_option("MODEL", *path, "name or folder of a model, or a .pt or .safetensors file")
      ->required();
  const auto fetch = add_model_fetch_command(*command);
  const auto convert = add_model_convert_command(*command);
  const auto verify = add_model_verify_command(*command);
  command->footer(
      "qamro executes nothing inside a file: it refuses a .pt that asks for more than tensors.\n"
      "Example: qamro model inspect qamro-speech");
  return [=] {
    if (list_command->parsed()) return list();
    if (inspect_command->parsed()) return inspect(*path);
    if (command->got_subcommand("fetch")) return fetch();
    return command->got_subcommand("convert") ? convert() : verify();
  };
}

}  // namespace qamro::cli
