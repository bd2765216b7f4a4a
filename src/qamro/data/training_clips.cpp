#include "qamro/data/training_clips.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/core/sha256.h"
#include "qamro/data/ratings.h"
#include "qamro/io/atomic_file.h"
#include "qamro/io/csv.h"

namespace qamro::data {
namespace {

constexpr std::size_t kKeptDigits = 16;

std::string kept_digits(const std::string& digest) {
  return digest.substr(0, kKeptDigits);
}

// Whether all of the text is a number of that many hexadecimal digits.
bool parse_digits(std::string_view text, std::uint64_t& number) {
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, number, 16);
  return text.size() == kKeptDigits && failure == std::errc() && stop == end;
}

}  // namespace

ClipDigests digests_of(const Clip& clip, std::string samples_sha256) {
  return {clip.sound ? "" : sha256_file(clip.path), std::move(samples_sha256)};
}

void write_training_clips(const std::filesystem::path& file, std::span<const ClipDigests> clips) {
  io::AtomicFile output(file);
  io::CsvWriter csv(output.stream());
  csv.write({"file", "samples"});
  for (const ClipDigests& clip : clips)
    if (clip != ClipDigests()) csv.write({kept_digits(clip.file), kept_digits(clip.samples)});
  output.commit();
}

TrainingClips::TrainingClips(const std::filesystem::path& file) {
  try {
    io::CsvReader reader(file);
    reader.require_column("file");
    reader.require_column("samples");
    for (io::CsvRow row; reader.next(row); ++clips_)
      for (const std::string& cell : row.fields) {
        std::uint64_t digest = 0;
        if (cell.empty()) continue;
        if (!parse_digits(cell, digest))
          throw InvalidInput(fmt::format("{}: expected {} hexadecimal digits, got '{}'",
                                         reader.where(row.line), kKeptDigits, cell));
        digests_.push_back(digest);
      }
  } catch (const InvalidInput& error) {
    throw CheckpointError(error.what());
  }
  std::ranges::sort(digests_);
}

bool TrainingClips::contains(const ClipDigests& clip) const {
  for (const std::string* digest : {&clip.file, &clip.samples}) {
    std::uint64_t number = 0;
    if (parse_digits(kept_digits(*digest), number) && std::ranges::binary_search(digests_, number))
      return true;
  }
  return false;
}

bool is_in_training(const RatingTable& table, const RatingRow& row) {
  const auto column = table.find_text_column(kInTraining);
  return column && row.texts[*column] == "true";
}

void SeenClips::add(const std::string& system, bool in_training) {
  ++clips;
  seen += in_training ? 1 : 0;
  if (system.empty()) return;
  OfSystem& own = systems[system];
  ++own.clips;
  own.seen += in_training ? 1 : 0;
}

std::string SeenClips::describe(std::string_view what) const {
  if (seen == 0) return "";
  return fmt::format(
      "{} of {} clips are among those that the model was trained on: {} say nothing of new clips", seen,
      clips, what);
}

std::string SeenClips::describe_systems() const {
  std::vector<std::string> parts;
  const bool all =
      std::ranges::all_of(systems, [](const auto& one) { return one.second.seen == one.second.clips; });
  if (all && systems.size() > 1) return "trained on all clips of every system";
  for (const auto& [system, own] : systems)
    if (own.seen > 0)
      parts.push_back(
          fmt::format("{} of {}{} of {}", own.seen, own.clips, parts.empty() ? " clips" : "", system));
  return parts.empty() ? "" : "trained on " + first_names(parts);
}

}  // namespace qamro::data
