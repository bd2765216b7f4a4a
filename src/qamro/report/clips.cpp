#include "qamro/report/clips.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <numeric>
#include <system_error>
#include <unordered_set>
#include <vector>

#include "qamro/core/random.h"
#include "qamro/report/escape.h"

namespace qamro::report {
namespace {

using Clips = std::vector<std::size_t>;

// The `count` clips with the largest value, largest first.
Clips largest(const Clips& clips, const std::vector<double>& values, std::size_t count) {
  Clips order(clips.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
  order.resize(std::min(count, order.size()));
  for (std::size_t& place : order) place = clips[place];
  return order;
}

// Places from 0 to 1; equal values share their mean place.
std::vector<double> places(const std::vector<double>& values) {
  Clips order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> place(values.size());
  const double last = values.size() > 1 ? static_cast<double>(values.size() - 1) : 1.0;
  for (std::size_t begin = 0, end = 0; begin < order.size(); begin = end) {
    while (end < order.size() && values[order[end]] == values[order[begin]]) ++end;
    for (std::size_t i = begin; i < end; ++i)
      place[order[i]] = static_cast<double>(begin + end - 1) / 2.0 / last;
  }
  return place;
}

std::vector<double> of(const Clips& clips, std::span<const double> values) {
  std::vector<double> result;
  for (const std::size_t clip : clips) result.push_back(values[clip]);
  return result;
}

std::vector<double> distance_of_places(const std::vector<double>& labels,
                                       const std::vector<double>& predictions) {
  std::vector<double> distance = places(labels);
  const std::vector<double> other = places(predictions);
  for (std::size_t i = 0; i < distance.size(); ++i) distance[i] = std::abs(distance[i] - other[i]);
  return distance;
}

std::vector<double> distance_from_system(const Clips& clips, const std::vector<double>& predictions,
                                         std::span<const std::size_t> systems) {
  std::map<std::size_t, std::pair<double, double>> sums;  // and counts
  const auto system_of = [&](std::size_t i) { return systems.empty() ? 0 : systems[clips[i]]; };
  for (std::size_t i = 0; i < clips.size(); ++i) {
    auto& [sum, count] = sums[system_of(i)];
    sum += predictions[i];
    count += 1;
  }
  std::vector<double> distance(clips.size());
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const auto& [sum, count] = sums[system_of(i)];
    distance[i] = std::abs(predictions[i] - sum / count);
  }
  return distance;
}

}  // namespace

ClipChoice choose_clips(std::span<const double> labels, std::span<const double> predictions,
                        std::span<const std::size_t> systems, std::size_t count) {
  const bool is_labelled =
      std::any_of(labels.begin(), labels.end(), [](double label) { return std::isfinite(label); });
  Clips clips;
  for (std::size_t clip = 0; clip < predictions.size(); ++clip)
    if (std::isfinite(predictions[clip]) && (!is_labelled || std::isfinite(labels[clip])))
      clips.push_back(clip);

  const std::vector<double> values = of(clips, predictions);
  ClipChoice choice;
  choice.best = largest(clips, values, std::min(count, (clips.size() + 1) / 2));
  std::vector<double> negated = values;
  for (double& value : negated) value = -value;
  choice.worst = largest(clips, negated, std::min(count, clips.size() / 2));
  // If many values are equal, the first clips are in both lists.
  std::erase_if(choice.worst, [&](std::size_t clip) {
    return std::find(choice.best.begin(), choice.best.end(), clip) != choice.best.end();
  });
  const std::vector<double> surprise = is_labelled ? distance_of_places(of(clips, labels), values)
                                                   : distance_from_system(clips, values, systems);
  choice.surprising = largest(clips, surprise, count);
  std::map<std::size_t, double> surprise_of;
  for (std::size_t i = 0; i < clips.size(); ++i) surprise_of[clips[i]] = surprise[i];
  std::erase_if(choice.surprising, [&](std::size_t clip) { return surprise_of[clip] == 0.0; });
  return choice;
}

std::vector<std::size_t> sample_clips(std::span<const std::size_t> clips, std::span<const std::size_t> wanted,
                                      std::size_t max_size) {
  if (clips.size() <= max_size) return {clips.begin(), clips.end()};
  std::unordered_set<std::size_t> taken;
  for (const std::size_t clip : wanted)
    if (taken.size() < max_size) taken.insert(clip);
  Random random(derive_seed(0, "report: clips that are drawn"));
  for (const std::int64_t place : permutation(static_cast<std::int64_t>(clips.size()), random)) {
    if (taken.size() >= max_size) break;
    taken.insert(clips[static_cast<std::size_t>(place)]);
  }
  std::vector<std::size_t> sample;
  for (const std::size_t clip : clips)
    if (taken.contains(clip)) sample.push_back(clip);
  return sample;
}

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
