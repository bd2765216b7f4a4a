#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "cli/commands.h"
#include "qamro/core/error.h"
#include "qamro/data/audio_folder.h"

namespace qamro::cli {
namespace {

namespace fs = std::filesystem;

struct NamedFile {
  std::string option;
  std::string file;
};

// One file under both names, through links, too; or one place where no file is yet.
bool are_same(const std::string& a, const std::string& b) {
  std::error_code ignored;
  if (fs::exists(a, ignored) && fs::exists(b, ignored))
    return (fs::is_regular_file(a, ignored) || fs::is_directory(a, ignored)) && fs::equivalent(a, b, ignored);
  return fs::weakly_canonical(a, ignored) == fs::weakly_canonical(b, ignored);
}

// A recording in a folder that is read.
bool is_read_below(const std::string& file, const std::string& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored) || !fs::is_regular_file(file, ignored) ||
      !data::has_audio_extension(file))
    return false;
  const fs::path relative = fs::canonical(file, ignored).lexically_relative(fs::canonical(folder, ignored));
  return !relative.empty() && *relative.begin() != "..";
}

}  // namespace

void refuse_same_files(const CLI::App& command) {
  constexpr std::array<std::string_view, 3> kOutputs = {"--output", "--json", "--report"};
  std::vector<NamedFile> outputs, inputs;
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_name();
    const bool is_output = std::ranges::find(kOutputs, name) != kOutputs.end();
    for (const std::string& value : option->results()) {
      if (value.empty() || value == "-") continue;
      (is_output ? outputs : inputs).push_back({name, value});
      const std::size_t equals = value.find('=');  // NAME=FILE
      if (!is_output && equals != std::string::npos) inputs.push_back({name, value.substr(equals + 1)});
    }
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const auto& [option, file] = outputs[i];
    for (const NamedFile& input : inputs) {
      std::error_code ignored;
      const bool is_folder = fs::is_directory(file, ignored);
      if ((!is_folder && are_same(file, input.file)) || is_read_below(file, input.file))
        throw InvalidInput(
            fmt::format("{}: expected another file than the input {}, got '{}', which would be replaced",
                        option, input.file, file));
    }
    for (std::size_t j = i + 1; j < outputs.size(); ++j)
      if (are_same(file, outputs[j].file))
        throw InvalidInput(fmt::format("{} and {}: expected two files, got '{}' and '{}', which are one",
                                       option, outputs[j].option, file, outputs[j].file));
  }
}

}  // namespace qamro::cli
