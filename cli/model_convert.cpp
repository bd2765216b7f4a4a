#include "cli/model_convert.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>

#include "cli/exit_code.h"
#include "qamro/models/model_conversion.h"

namespace qamro::cli {

std::function<int()> add_model_convert_command(CLI::App& model) {
  auto* command =
      model.add_subcommand("convert", "Write a published model as a model folder in qamro's layout");
  auto path = std::make_shared<std::string>();
  auto folder = std::make_shared<std::string>();
  command
      ->add_option(
          "PATH", *path,
          "Audiobox-Aesthetics' checkpoint.pt or Hugging Face folder, a track 2 checkpoint, Distill-MOS' .pt, or the name of a fetched model")
      ->required();
  command->add_option("DIR", *folder, "folder for model.json and model.safetensors")->required();
  command->footer(
      "The new model gives the same scores as the published file, to the bit. It is named after its folder, and its\n"
      "model.json says where it came from. The published file stays unchanged.\n"
      "Example: qamro model convert checkpoint.pt models/aesthetics");
  return [=] {
    const auto converted = models::convert_model(*path, *folder);
    std::cout << fmt::format(
        "{}\nkind     {}\nfrom     {}\nsha256   {}\n", converted.folder.string(), converted.kind,
        converted.document.at("provenance").at("converted_from").get<std::string>(), converted.sha256);
    return ExitCode::kAllDone;
  };
}

}  // namespace qamro::cli
