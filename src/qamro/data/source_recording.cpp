#include "qamro/data/source_recording.h"

#include <filesystem>
#include <vector>

#include "qamro/data/published_name.h"

namespace qamro::data {
namespace {

// "<id>_30000_40000" without the two times at its end; an id may itself contain '_'.
std::string without_times(std::string name) {
  for (int i = 0; i < 2; ++i) {
    const std::size_t bar = name.rfind('_');
    if (bar == std::string::npos || bar == 0) return "";
    if (name.find_first_not_of("0123456789", bar + 1) != std::string::npos || bar + 1 == name.size())
      return "";
    name.erase(bar);
  }
  return name;
}

}  // namespace

std::string source_recording(std::string_view path) {
  const auto name = published_name(path);
  if (!name || name->source.empty()) return "";
  std::vector<std::string> parts;
  for (const auto& part : std::filesystem::path(name->id)) parts.push_back(part.string());
  const std::string stem = std::filesystem::path(parts.back()).stem().string();
  if (name->source == "MUSDB18" && parts.size() == 4) return "MUSDB18/" + parts[2];
  if (name->source == "LibriTTS" && parts.size() == 5) return "LibriTTS/" + parts[2] + "/" + parts[3];
  if (name->source == "musiccaps" && parts.size() == 2) return "YouTube/" + stem;
  if (name->source != "unbalanced_train_segments" || parts.size() < 2) return "";
  const std::string id = without_times(stem);
  return id.empty() ? "" : "YouTube/" + id;
}

}  // namespace qamro::data
