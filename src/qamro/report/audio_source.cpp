#include "qamro/report/audio_source.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <fstream>
#include <system_error>
#include <vector>

#include "qamro/report/escape.h"

namespace qamro::report {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSignatureBytes = 12;

std::string first_bytes_of(const fs::path& file, std::uint64_t max_size) {
  std::ifstream stream(file, std::ios::binary);
  std::string bytes(max_size, '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(stream.gcount()));
  return bytes;
}

std::optional<std::string> type_of(const fs::path& file) {
  std::error_code none;
  if (!fs::is_regular_file(file, none)) return std::nullopt;
  return sound_type(first_bytes_of(file, kSignatureBytes));
}

std::string base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

// For each root: the key as it is, then with the endings of other sound files, because lists name clips
// without an ending or with the ending from before a conversion.
std::vector<fs::path> candidates(const std::vector<fs::path>& roots, const std::string& key) {
  std::vector<fs::path> files;
  for (const fs::path& root : roots) {
    files.push_back(root / key);
    for (const char* ending : {".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a"}) {
      files.push_back(root / (key + ending));
      files.push_back((root / key).replace_extension(ending));
    }
  }
  return files;
}

std::string linked(const fs::path& file, const fs::path& report_folder) {
  const fs::path from = fs::weakly_canonical(report_folder.empty() ? fs::current_path() : report_folder);
  return relative_link(fs::weakly_canonical(file).lexically_relative(from).generic_string());
}

}  // namespace

std::optional<std::string> sound_type(std::string_view first_bytes) {
  const auto at = [&](std::size_t place, std::string_view bytes) {
    return first_bytes.size() >= place + bytes.size() && first_bytes.substr(place, bytes.size()) == bytes;
  };
  if (at(0, "RIFF") && at(8, "WAVE")) return "audio/wav";
  if (at(0, "fLaC")) return "audio/flac";
  if (at(0, "OggS")) return "audio/ogg";
  if (at(0, "ID3") || at(0, "\xFF\xFB") || at(0, "\xFF\xF3") || at(0, "\xFF\xF2")) return "audio/mpeg";
  if (at(4, "ftyp")) return "audio/mp4";
  return std::nullopt;
}

std::optional<std::string> AudioSources::source(const std::string& key) {
  if (options_.mode == AudioMode::kNone || key.empty() || key.find('\0') != std::string::npos)
    return std::nullopt;
  for (const fs::path& file : candidates(options_.roots, key)) {
    const std::optional<std::string> type = type_of(file);
    if (!type) continue;
    if (options_.mode == AudioMode::kLink) return linked(file, options_.report_folder);
    std::error_code failed;
    const std::uint64_t size = fs::file_size(file, failed);
    if (failed) continue;
    if (size > options_.max_bytes - embedded_) {
      ++too_large_;
      return linked(file, options_.report_folder);
    }
    const std::string bytes = first_bytes_of(file, size);
    embedded_ += bytes.size();
    return fmt::format("data:{};base64,{}", *type, base64(bytes));
  }
  return std::nullopt;
}

}  // namespace qamro::report
