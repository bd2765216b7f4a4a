#include "qamro/data/rating_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "qamro/core/error.h"
#include "qamro/data/prompts.h"
#include "qamro/data/published_name.h"
#include "qamro/data/rating_cell.h"
#include "qamro/data/ratings.h"

namespace qamro::data {
namespace {

namespace fs = std::filesystem;

using RowsOfClips = std::unordered_map<std::string, RatingRow>;

std::string clip_id(const RatingRow& row) {
  const auto name = published_name(row.key);
  return name ? name->id : row.key;
}

RatingTable read_lists(const fs::path& folder, const RatingOptions& options) {
  constexpr std::array<std::pair<const char*, const char*>, 4> kLists = {{
      {"train_mos_list.txt", "train"},
      {"dev_mos_list.txt", "dev"},
      {"test_mos_list.txt", "test"},
      {"total_mos_list.txt", ""},
  }};
  std::vector<RatingTable> tables;
  for (const auto& [file, split] : kLists) {
    const fs::path path = folder / "sets" / file;
    if (!fs::is_regular_file(path)) continue;
    RatingTable table = read_ratings(path, options);
    table.text_columns.emplace_back("split");
    for (RatingRow& row : table.rows) row.texts.emplace_back(split);
    tables.push_back(std::move(table));
  }
  if (tables.empty())
    throw InvalidInput(fmt::format(
        "{}: expected a file, or the MusicEval package's folder (with sets/train_mos_list.txt and the like), got another folder",
        folder.string()));
  return merge_ratings(std::move(tables));
}

// A file may hold one rater, one split or everything.
RowsOfClips read_person_mos(const fs::path& folder, const RatingOptions& options) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().extension() == ".txt") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  RowsOfClips clips;
  for (const fs::path& file : files) {
    RatingTable table = read_ratings(file, options);
    for (RatingRow& row : table.rows) {
      row.file = table.file;
      const auto [found, is_new] = clips.emplace(clip_id(row), row);
      if (is_new) continue;
      RatingRow& clip = found->second;
      for (const std::string& rater : row.rater_ids)
        if (std::find(clip.rater_ids.begin(), clip.rater_ids.end(), rater) != clip.rater_ids.end())
          throw InvalidInput(fmt::format("{}: rater '{}' has already rated '{}' in {}", table.where(row),
                                         rater, row.key, table.where(clip)));
      clip.rater_ids.insert(clip.rater_ids.end(), row.rater_ids.begin(), row.rater_ids.end());
      for (std::size_t axis = 0; axis < clip.raters.size(); ++axis)
        clip.raters[axis].insert(clip.raters[axis].end(), row.raters[axis].begin(), row.raters[axis].end());
    }
  }
  return clips;
}

void add_raters(RatingTable& table, RowsOfClips clips) {
  constexpr double kRounding = 0.006;  // the lists have two decimals
  for (RatingRow& row : table.rows) {
    const auto found = clips.find(clip_id(row));
    if (found == clips.end()) continue;
    RatingRow& clip = found->second;
    for (std::size_t axis = 0; axis < row.values.size() && axis < clip.raters.size(); ++axis) {
      const double mean = mean_of_raters(clip.raters[axis]);
      if (std::abs(mean - row.values[axis]) > kRounding)
        throw InvalidInput(fmt::format(
            "{}: {} of '{}' is {}, but the mean of its raters, starting at {}, is {} (to ignore the raters, name the list itself)",
            table.where(row), table.axes[axis], row.key, row.values[axis], table.where(clip), mean));
    }
    row.raters = std::move(clip.raters);
    row.rater_ids = std::move(clip.rater_ids);
  }
}

void add_prompts(RatingTable& table, const fs::path& folder) {
  Prompts prompts;
  for (const fs::path& file : musiceval_prompt_files(folder)) prompts.merge(read_prompts(file));
  if (prompts.empty()) return;
  table.text_columns.emplace_back("prompt_text");
  const PromptFinder finder(std::move(prompts));
  for (RatingRow& row : table.rows) {
    const std::string* prompt = finder.find(row.key);
    row.texts.push_back(prompt == nullptr ? "" : *prompt);
  }
}

}  // namespace

std::vector<fs::path> musiceval_prompt_files(const fs::path& folder) {
  const fs::path inside = fs::absolute(folder / "sets").lexically_normal().parent_path();
  std::vector<fs::path> files;
  for (const char* name : {"prompt_info.txt", "demo_prompt_info.txt"})
    for (const fs::path& place : {folder, inside.parent_path()})
      if (fs::is_regular_file(place / name)) {
        files.push_back(place / name);
        break;
      }
  return files;
}

RatingTable read_musiceval_package(const fs::path& folder, const RatingOptions& options) {
  RatingTable table = read_lists(folder, options);
  if (fs::is_directory(folder / "person_mos"))
    add_raters(table, read_person_mos(folder / "person_mos", options));
  add_prompts(table, folder);
  return table;
}

}  // namespace qamro::data
