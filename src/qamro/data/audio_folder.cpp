#include "qamro/data/audio_folder.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace qamro::data {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 17> kExtensions = {"wav", "wave", "flac", "ogg",  "oga", "opus",
                                                          "mp3", "aif",  "aiff", "aifc", "au",  "snd",
                                                          "caf", "w64",  "rf64", "voc",  "sph"};

class Collector {
 public:
  AudioFolder found;

  void visit(const fs::path& folder) {
    std::error_code failure;
    const fs::path real = fs::canonical(folder, failure);
    if (!failure && std::find(above_.begin(), above_.end(), real) != above_.end()) return;
    fs::directory_iterator entry(folder, failure);
    if (failure) {
      found.unreadable.push_back(folder);
      return;
    }
    above_.push_back(real);
    for (; !failure && entry != fs::directory_iterator(); entry.increment(failure)) visit_entry(*entry);
    if (failure) found.unreadable.push_back(folder);
    above_.pop_back();
  }

 private:
  void visit_entry(const fs::directory_entry& entry) {
    std::error_code ignored;
    if (entry.path().filename().native().starts_with('.')) return;
    if (entry.is_directory(ignored)) {
      visit(entry.path());
    } else if (has_audio_extension(entry.path())) {
      found.files.push_back(entry.path());
    }
  }

  std::vector<fs::path> above_;
};

}  // namespace

bool has_audio_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  if (extension.empty()) return false;
  extension.erase(0, 1);
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

std::string item_of_path(const std::filesystem::path& path) {
  return has_audio_extension(path) ? path.stem().string() : path.filename().string();
}

AudioFolder audio_files_below(const fs::path& folder) {
  Collector collector;
  collector.visit(folder);
  const auto bytewise = [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); };
  std::sort(collector.found.files.begin(), collector.found.files.end(), bytewise);
  std::sort(collector.found.unreadable.begin(), collector.found.unreadable.end(), bytewise);
  return std::move(collector.found);
}

}  // namespace qamro::data
