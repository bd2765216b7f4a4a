#include "cli/model_verify.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>

#include "cli/exit_code.h"
#include "qamro/models/model_verification.h"

namespace qamro::cli {

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
