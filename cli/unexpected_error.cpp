#include "cli/commands.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <filesystem>

#include "qamro/core/processor.h"

namespace qamro::cli {
namespace {

std::string first_line(const std::exception& error) {
  const auto* from_torch = dynamic_cast<const c10::Error*>(&error);
  std::string text = from_torch != nullptr ? from_torch->what_without_backtrace() : error.what();
  return text.substr(0, text.find('\n'));
}

// "model distill-mos, precision bf16, ", with the options that the command has.
std::string computed(const CLI::App& command) {
  std::string text;
  for (const char* name : {"model", "precision", "device"}) {
    const CLI::Option* option = command.get_option_no_throw(std::string("--") + name);
    if (option == nullptr) continue;
    const std::string value = option->count() > 0 ? option->as<std::string>() : option->get_default_str();
    if (!value.empty()) text += fmt::format("{} {}, ", name, value);
  }
  return text;
}

}  // namespace

std::string describe_unexpected(const std::exception& error, const CLI::App& command) {
  if (dynamic_cast<const std::filesystem::filesystem_error*>(&error) != nullptr) return first_line(error);
  return fmt::format(
      "unexpected error ({}processor {}): {}. Please report this with the command that you typed and what 'qamro --version --verbose' prints",
      computed(command), to_string(processor()), first_line(error));
}

}  // namespace qamro::cli
