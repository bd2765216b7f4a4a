#include "qamro/data/prompts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <sstream>
#include <string_view>
#include <utility>

#include "qamro/core/error.h"
#include "qamro/data/published_name.h"
#include "qamro/io/text_file.h"
#include "qamro/text/utf8.h"

namespace qamro::data {
namespace {

// `where` is the file and line.
void check_text(std::string_view text, const std::string& where) {
  if (text.find_first_not_of(" \t") == std::string_view::npos)
    throw InvalidInput(fmt::format("{}: expected a prompt after the TAB, got nothing", where));
  try {
    for (std::size_t at = 0; at < text.size();) at += text::decode_utf8(text, at).bytes;
  } catch (const InvalidInput& error) {
    throw InvalidInput(fmt::format("{}: {}", where, error.what()));
  }
}

// Whether the P### in that name is not a prompt of prompt_info.txt.
bool is_demo(const std::filesystem::path& file, const PublishedName& name) {
  constexpr std::array<std::string_view, 6> kDemoSystems = {"S001", "S006", "S013", "S017", "S018", "S033"};
  return file.filename().string().starts_with("audiomos2025-track1-") &&
         std::find(kDemoSystems.begin(), kDemoSystems.end(), name.system) != kDemoSystems.end();
}

bool is_ascii_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_ascii_letter_or_digit(char c) {
  return is_ascii_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The last "P" with three or more digits that stands alone in the name: "P012" in "our-model_P012.wav".
std::string prompt_in_name(const std::filesystem::path& file) {
  const std::string stem = file.stem().string();
  for (std::size_t at = stem.rfind('P'); at != std::string::npos;
       at = at == 0 ? std::string::npos : stem.rfind('P', at - 1)) {
    std::size_t end = at + 1;
    while (end < stem.size() && is_ascii_digit(stem[end])) ++end;
    const bool stands_alone = (at == 0 || !is_ascii_letter_or_digit(stem[at - 1])) &&
                              (end == stem.size() || !is_ascii_letter_or_digit(stem[end]));
    if (stands_alone && end - at > 3) return stem.substr(at, end - at);
  }
  return "";
}

}  // namespace

Prompts read_prompts(const std::filesystem::path& path) {
  std::istringstream stream(io::read_text(path));
  Prompts prompts;
  std::unordered_map<std::string, std::size_t> line_of;
  std::size_t number = 0;
  for (std::string line; std::getline(stream, line);) {
    std::string_view text = line;
    ++number;
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
    check_text(text.substr(tab + 1), fmt::format("{}:{}", path.string(), number));
    prompts.emplace(std::move(id), std::string(text.substr(tab + 1)));
  }
  if (prompts.empty())
    throw InvalidInput(fmt::format("{}: expected at least one prompt, got none", path.string()));
  return prompts;
}

Prompts read_prompts(const std::vector<std::filesystem::path>& paths) {
  Prompts prompts;
  for (const auto& path : paths)
    for (auto& [id, text] : read_prompts(path)) {
      const auto [first, is_new] = prompts.emplace(id, text);
      if (!is_new && first->second != text)
        throw InvalidInput(
            fmt::format("{}: id '{}' has another prompt in an earlier file", path.string(), id));
    }
  return prompts;
}

PromptFinder::PromptFinder(Prompts prompts) : prompts_(std::move(prompts)) {
  for (const auto& [id, text] : prompts_)
    if (const auto name = published_name(id); name && !name->prompt.empty()) by_clip_.emplace(name->id, text);
}

const std::string* PromptFinder::find(const std::string& path) const {
  const std::filesystem::path file(path);
  for (const std::string& id : {file.filename().string(), file.stem().string()})
    if (const auto found = prompts_.find(id); found != prompts_.end()) return &found->second;
  if (const auto name = published_name(path)) {
    if (const auto found = by_clip_.find(name->id); found != by_clip_.end()) return &found->second;
    if (is_demo(file, *name)) return nullptr;
  }
  const auto found = prompts_.find(prompt_in_name(file));
  return found == prompts_.end() ? nullptr : &found->second;
}

std::string PromptFinder::why_none(const std::string& path) const {
  const std::filesystem::path file(path);
  const std::string in_name = prompt_in_name(file);
  if (in_name.empty())
    return fmt::format("the prompts have no id '{}', and this name contains no id (P###)",
                       file.filename().string());
  if (const auto name = published_name(path); name && is_demo(file, *name))
    return fmt::format("the prompts have no id '{}' (a demo system's clip: demo_prompt_info.txt has them)",
                       file.filename().string());
  return fmt::format("the prompts have no id '{}'", in_name);
}

void apply_prompt(std::vector<Clip>& clips, const std::string& prompt) {
  for (Clip& clip : clips)
    if (!clip.prompt) clip.prompt = prompt;
}

void apply_prompts(std::vector<Clip>& clips, const PromptFinder& prompts) {
  for (Clip& clip : clips) {
    if (clip.prompt || !clip.error.empty()) continue;
    if (const std::string* found = prompts.find(clip.path_as_given))
      clip.prompt = *found;
    else
      clip.prompt_error = prompts.why_none(clip.path_as_given);
  }
}

}  // namespace qamro::data
