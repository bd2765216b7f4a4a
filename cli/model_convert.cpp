#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/model.h"
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

std::function<int()> add_model_verify_command(CLI::App& model) {
  auto* command =
      model.add_subcommand("verify", "Check a whole model: its hash, every tensor, and that it scores");
  auto path = std::make_shared<std::string>();
  command->add_option("MODEL", *path, "name, folder or published file of a model")->required();
  command->footer(
      "Names what is wrong: a hash other than model.json's; a tensor that is missing, unexpected, misshapen\n"
      "or not finite; settings that contradict the tensors. Exit code 0: nothing is wrong.\n"
      "Example: qamro model verify audiobox-aesthetics");
  return [path] {
    const auto found = models::verify_model(*path);
    for (const auto& weights : found.weights)
      std::cout << fmt::format("weights  {}\nsha256   {} ({})\ntensors  {}, {} numbers, all finite\n",
                               weights.file.string(), weights.sha256,
                               weights.sha256_is_from.empty() ? "no known hash to compare it with"
                                                              : "as " + weights.sha256_is_from,
                               weights.tensors, weights.numbers);
    std::cout << "a second of noise scores";
    for (std::size_t axis = 0; axis < found.scores.size(); ++axis)
      std::cout << fmt::format("{} {} {:.4f}", axis > 0 ? "," : "", found.model.axes[axis].name,
                               found.scores[axis]);
    std::cout << '\n';
    return ExitCode::kAllDone;
  };
}

}  // namespace qamro::cli
