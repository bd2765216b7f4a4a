#include "qamro/data/published_name.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <utility>
#include <vector>

#include "qamro/data/audio_folder.h"

namespace qamro::data {
namespace {

constexpr std::string_view kTrack1Prefix = "audiomos2025-track1-";
constexpr std::string_view kTrack2Prefix = "audiomos2025-track2-";
constexpr std::size_t kMaxNameBytes = 4095;

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kDomainOfCorpus = {{
    {"unbalanced_train_segments", "sound"},
    {"musiccaps", "music"},
    {"MUSDB18", "music"},
    {"cv-corpus-13.0-2023-03-09", "speech"},
    {"LibriTTS", "speech"},
    {"EARS", "speech"},
}};

std::string_view domain_of_kind(std::string_view kind) {
  if (kind == "audio") return "sound";
  return kind == "music" || kind == "speech" ? kind : std::string_view();
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Removes a run of at most `max_length` characters of a kind; true if there were at least `min_length`.
template <typename IsKind>
bool take_run(std::string_view& text, std::size_t min_length, std::size_t max_length, IsKind is_kind) {
  std::size_t length = 0;
  while (length < text.size() && length < max_length && is_kind(static_cast<unsigned char>(text[length])))
    ++length;
  text.remove_prefix(length);
  return length >= min_length;
}

bool is_digit(int c) {
  return std::isdigit(c) != 0;
}

bool is_letter_or_digit(int c) {
  return std::isalnum(c) != 0;
}

// The name without folders and without an audio file's extension.
std::string_view stem_of(std::string_view path) {
  const auto slash = path.find_last_of("/\\");
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  const auto dot = path.rfind('.');
  if (dot != std::string_view::npos && dot > 0 && has_audio_extension(std::filesystem::path(path)))
    path = path.substr(0, dot);
  return path;
}

std::optional<PublishedName> musiceval_name(std::string_view stem) {
  take_prefix(stem, kTrack1Prefix);
  std::string_view rest = stem;
  if (!take_prefix(rest, "S") || !take_run(rest, 3, 3, is_digit) || !take_prefix(rest, "_P") ||
      !take_run(rest, 3, 4, is_digit) || !rest.empty())
    return std::nullopt;
  const auto bar = stem.find('_');
  return PublishedName{std::string(stem), std::string(stem.substr(0, bar)), std::string(stem.substr(bar + 1)),
                       "", "music"};
}

std::optional<PublishedName> track2_name(std::string_view stem) {
  const bool has_prefix = take_prefix(stem, kTrack2Prefix);
  std::string_view rest = stem;
  if (take_prefix(rest, "sys") && take_run(rest, 5, 5, is_letter_or_digit) && take_prefix(rest, "-utt") &&
      take_run(rest, 5, 7, is_letter_or_digit) && rest.empty())
    return PublishedName{std::string(stem), std::string(stem.substr(0, stem.find('-'))), "", "", ""};
  if (!has_prefix) return std::nullopt;
  const std::string_view domain = domain_of_kind(stem.substr(0, stem.find('-')));
  if (domain.empty()) return std::nullopt;
  return PublishedName{"", "", "", "", std::string(domain)};
}

std::vector<std::string_view> components(std::string_view path) {
  std::vector<std::string_view> parts;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    parts.push_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

std::optional<PublishedName> aes_name(std::string_view path) {
  const auto parts = components(path);
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const std::string id(path.substr(static_cast<std::size_t>(parts[i].data() - path.data())));
    if (parts[i] == "PAM" && i + 4 < parts.size() && parts[i + 1] == "human_eval")
      return PublishedName{id, std::string(parts[i + 2]) + "/" + std::string(parts[i + 3]), "", "PAM",
                           std::string(domain_of_kind(parts[i + 2]))};
    for (const auto& [corpus, domain] : kDomainOfCorpus)
      if (parts[i] == corpus) return PublishedName{id, "", "", std::string(corpus), std::string(domain)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<PublishedName> published_name(std::string_view path_or_id) {
  if (path_or_id.size() > kMaxNameBytes) return std::nullopt;
  const std::string_view stem = stem_of(path_or_id);
  if (auto name = musiceval_name(stem)) return name;
  if (auto name = track2_name(stem)) return name;
  return aes_name(path_or_id);
}

}  // namespace qamro::data
