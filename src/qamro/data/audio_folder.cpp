#include "qamro/data/audio_folder.h"
#include "qamro/io/text_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <string_view>

namespace qamro::data {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 82> kExtensions = {
    "3g2",  "3gp", "aac",   "ac3",  "adts", "aif",  "aifc", "aiff", "alac", "amr",  "ape",  "asf",
    "au",   "avi", "avr",   "caf",  "dsf",  "dts",  "eac3", "ec3",  "f4v",  "flac", "flv",  "gsm",
    "htk",  "iff", "ircam", "loas", "m1v",  "m2ts", "m4a",  "m4b",  "m4p",  "m4r",  "m4v",  "mka",
    "mkv",  "mov", "mp1",   "mp2",  "mp3",  "mp4",  "mpa",  "mpc",  "mpeg", "mpg",  "mts",  "nist",
    "oga",  "ogg", "ogm",   "ogv",  "ogx",  "opus", "paf",  "pvf",  "qcp",  "ra",   "rf64", "rm",
    "rmvb", "sd2", "sds",   "sf",   "snd",  "sph",  "spx",  "svx",  "ts",   "tta",  "vob",  "voc",
    "w64",  "wav", "wave",  "weba", "webm", "wma",  "wmv",  "wv",   "wve",  "xi"};

// Whether the file begins as sound or film does: without a known extension, its content decides.
bool begins_as_audio(const fs::path& path) {
  std::array<char, 12> bytes{};
  std::ifstream(path, std::ios::binary).read(bytes.data(), bytes.size());
  const std::string_view text(bytes.data(), bytes.size());
  for (const std::string_view mark :
       {"RIFF", "RIFX", "RF64", "BW64", "fLaC", "OggS", "ID3", "caff", ".snd", "\x1A\x45\xDF\xA3"})
    if (text.starts_with(mark)) return mark != "RIFF" || text.substr(8) == "WAVE";
  return (text.starts_with("FORM") && text.substr(8, 3) == "AIF") || text.substr(4, 4) == "ftyp";
}

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
    } else if (has_audio_extension(entry.path()) ||
               (entry.is_regular_file(ignored) && begins_as_audio(entry.path()))) {
      found.files.push_back(entry.path());
    } else {
      ++found.others[entry.path().extension().string()];
    }
  }

  std::vector<fs::path> above_;
};

}  // namespace

bool has_audio_extension(const fs::path& path) {
  std::string extension = io::lower_case(path.extension().string());
  if (extension.empty()) return false;
  extension.erase(0, 1);
  static_assert(std::ranges::is_sorted(kExtensions));
  return std::ranges::binary_search(kExtensions, std::string_view(extension));
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

std::string describe_others(const fs::path& folder, const AudioFolder& found) {
  std::size_t total = 0;
  std::string text;
  for (const auto& [extension, count] : found.others) {
    total += count;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count,
                        extension.empty() ? "without an ending" : extension);
  }
  return fmt::format("{}: left out {} file{} that {} no audio: {}", folder.string(), total,
                     total == 1 ? "" : "s", total == 1 ? "is" : "are", text);
}

}  // namespace qamro::data
