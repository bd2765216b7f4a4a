#include "qamro/data/prompts.h"

#include <fmt/format.h>

#include <cstddef>
#include <string_view>

#include "qamro/core/error.h"
#include "qamro/io/text_file.h"

namespace qamro::data {

Prompts read_prompts(const std::filesystem::path& path) {
  const auto stream = io::open_input(path);
  Prompts prompts;
  std::unordered_map<std::string, std::size_t> line_of;
  std::size_t number = 0;
  for (std::string line; std::getline(*stream, line);) {
    std::string_view text = ++number == 1 ? io::without_byte_order_mark(line) : std::string_view(line);
    if (text.ends_with('\r')) text.remove_suffix(1);
    if (text.find_first_not_of(" \t") == std::string_view::npos) continue;
    const auto tab = text.find('\t');
    if (tab == std::string_view::npos || tab == 0)
      throw InvalidInput(fmt::format("{}:{}: expected an id, a TAB and a text, got '{}'", path.string(),
                                     number, text.substr(0, 60)));
    std::string id(text.substr(0, tab));
    if (line_of.empty() && prompts.empty() && id == "id") continue;
    const auto [first, is_new] = line_of.emplace(id, number);
    if (!is_new)
      throw InvalidInput(
          fmt::format("{}:{}: id '{}' is already in line {}", path.string(), number, id, first->second));
    prompts.emplace(std::move(id), std::string(text.substr(tab + 1)));
  }
  if (stream->bad()) throw FileError(fmt::format("{}: cannot be read", path.string()));
  if (prompts.empty())
    throw InvalidInput(fmt::format("{}: expected at least one prompt, got none", path.string()));
  return prompts;
}

}  // namespace qamro::data
