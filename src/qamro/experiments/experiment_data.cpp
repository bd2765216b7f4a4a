#include "qamro/experiments/experiment_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <optional>
#include <sstream>

#include "qamro/core/error.h"
#include "qamro/data/published_name.h"
#include "qamro/data/rating_cell.h"
#include "qamro/data/rating_file.h"
#include "qamro/data/system_rule.h"
#include "qamro/io/csv.h"

namespace qamro::experiments {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCodecRatings = "ratings_formated_filtered.csv";
constexpr const char* kAesTrain = "audiomos2025-track2-train_list.csv";
constexpr const char* kAesDev = "audiomos2025-track2-dev_list.csv";
constexpr const char* kAesTest = "audiomos2025_track2_human_annotations.jsonl";
constexpr const char* kAesPrefix = "/your_path/";

std::string number(double value) {
  return std::isnan(value) ? std::string() : fmt::format("{}", value);
}

// The first of the names that is a file below `folder`, as it is or re-encoded; else an empty path.
fs::path find_audio(const fs::path& folder, const std::vector<std::string>& names) {
  std::error_code ignored;
  for (const std::string& name : names) {
    if (name.empty()) continue;
    const fs::path file = folder / name;
    if (fs::is_regular_file(file, ignored)) return file;
    for (const char* extension : {".wav", ".flac", ".mp3"}) {
      if (fs::path other = file; fs::is_regular_file(other.replace_extension(extension), ignored))
        return other;
      if (fs::path longer = file; fs::is_regular_file(longer += extension, ignored)) return longer;
    }
  }
  return {};
}

// Adds a row and its clip. The audio is the first of `names` that exists.
void add_row(ExperimentData& data, std::vector<std::string> cells, const std::vector<std::string>& names,
             const std::string& system, const std::string& prompt = {}) {
  data::Clip clip;
  clip.path_as_given = cells.front();
  clip.path = find_audio(data.audio_folder, names);
  if (!system.empty()) clip.system = system;
  if (!prompt.empty()) clip.prompt = prompt;
  if (clip.path.empty()) data.silent.push_back(data.rows.size());
  data.clips.push_back(std::move(clip));
  data.rows.push_back(std::move(cells));
}

// Ratings and participants are lists in text. Rows without a file are anchors, whose audio is not public.
ExperimentData read_neural_codecs(const fs::path& folder, const fs::path& audio) {
  ExperimentData data{DataKind::kNeuralCodecs, folder, {folder / kCodecRatings}, {}, {}, audio, {}, {}, {}};
  if (audio.empty()) data.audio_folder = folder / "audio";
  data.source =
      "github.com/BenjSta/bernoulli-var-speech-codec, folder mushra_results_dataset (ratings CC BY 4.0)";
  data.columns = {"path", "system", "sentence", "mushra", "listeners"};
  io::CsvReader csv(folder / kCodecRatings);
  const auto column = [&](const char* name) { return csv.require_column(name); };
  const std::array columns = {column("file"), column("condition"), column("signal"), column("ratings")};
  for (io::CsvRow row; csv.next(row);) {
    const std::string& file = row.fields[columns[0]];
    if (file.empty()) continue;
    const auto cell = data::parse_csv_cell(row.fields[columns[3]]);
    const auto* raters = std::get_if<std::vector<double>>(&cell.value);
    if (raters == nullptr)
      throw InvalidInput(fmt::format("{}: column 'ratings': expected a list of numbers, got '{}'",
                                     csv.where(row.line), row.fields[columns[3]].substr(0, 60)));
    const std::string& system = row.fields[columns[1]];
    add_row(data,
            {file, system, row.fields[columns[2]], number(data::mean_of_raters(*raters)),
             std::to_string(raters->size())},
            {file}, system);
  }
  return data;
}

// The recipe's word for one of the package's lists ("dev").
std::string side_of(const std::string& list) {
  return list == "dev" ? "validation" : list;
}

ExperimentData read_musiceval(const fs::path& folder, const fs::path& audio) {
  ExperimentData data{DataKind::kMusicEval, folder, {}, {}, {}, audio, {}, {}, {}};
  if (audio.empty()) data.audio_folder = folder / "wav";
  data.source =
      "MusicEval, huggingface.co/datasets/BAAI/MusicEval (CC BY-NC 4.0), or the AudioMOS Challenge 2025's track 1 package";
  data.columns = {"path", "system", "prompt", "split", "MI", "TA"};
  for (const char* list : {"train", "dev", "test"}) {
    const fs::path file = folder / "sets" / fmt::format("{}_mos_list.txt", list);
    if (!fs::is_regular_file(file))
      throw FileError(fmt::format("{}: not found; get it from {}", file.string(), data.source));
    data.label_files.push_back(file);
  }
  const data::RatingTable table = data::read_musiceval_package(folder);
  const auto split = table.find_text_column("split");
  const auto text = table.find_text_column("prompt_text");
  const std::size_t mi = table.require_axis("MI"), ta = table.require_axis("TA");
  for (const data::RatingRow& row : table.rows) {
    const std::string side = side_of(row.texts[*split]);
    if (side.empty()) continue;  // only in the list of all clips
    const auto name = data::published_name(row.key);
    add_row(
        data,
        {row.key, row.system, name ? name->prompt : "", side, number(row.values[mi]), number(row.values[ta])},
        {row.key, name ? name->id : ""}, row.system, text ? row.texts[*text] : "");
  }
  return data;
}

void add_aes_rows(ExperimentData& data, const fs::path& file, const std::string& side) {
  data.label_files.push_back(file);
  const data::RatingTable table = data::read_ratings(file);
  const auto sample = table.find_text_column("sample_id");
  std::array<std::size_t, 4> axes{};
  for (std::size_t i = 0; i < axes.size(); ++i) axes[i] = table.require_axis(data.columns[i + 4]);
  for (const data::RatingRow& row : table.rows) {
    std::string path = row.key;
    const auto key = table.find_text_column("data_path");
    if (key) path = row.texts[*key];
    if (path.starts_with(kAesPrefix)) path.erase(0, std::string_view(kAesPrefix).size());
    std::vector<std::string> cells = {path, row.system, data::source_recording(path), side};
    for (const std::size_t axis : axes) cells.push_back(number(row.values[axis]));
    add_row(data, std::move(cells), {path, sample ? row.texts[*sample] : ""}, row.system);
  }
}

ExperimentData read_aes_natural(const fs::path& folder, const fs::path& audio) {
  ExperimentData data{DataKind::kAesNatural, folder, {}, {}, {}, audio, {}, {}, {}};
  if (audio.empty()) data.audio_folder = folder / "audio";
  data.source =
      "AES-Natural, github.com/facebookresearch/audiobox-aesthetics (ratings CC BY 4.0; the audio is that of the corpora that its paths name), and the AudioMOS Challenge 2025's track 2 evaluation set";
  data.columns = {"path",
                  "system",
                  "recording",
                  "split",
                  "Production_Quality",
                  "Production_Complexity",
                  "Content_Enjoyment",
                  "Content_Usefulness"};
  for (const auto& [file, side] :
       {std::pair{kAesTrain, "train"}, {kAesDev, "validation"}, {kAesTest, "test"}}) {
    if (!fs::is_regular_file(folder / file))
      throw FileError(fmt::format("{}: not found; get it from {}", (folder / file).string(), data.source));
    add_aes_rows(data, folder / file, side);
  }
  return data;
}

}  // namespace

std::string ExperimentData::csv() const {
  std::ostringstream stream;
  io::CsvWriter csv(stream);
  csv.write(columns);
  for (const auto& row : rows) csv.write(row);
  return stream.str();
}

ExperimentData read_experiment_data(const fs::path& folder, const fs::path& audio) {
  if (fs::is_regular_file(folder / kCodecRatings)) return read_neural_codecs(folder, audio);
  for (const fs::path& package : {folder, folder / "MusicEval-full"})
    if (fs::is_directory(package / "sets")) return read_musiceval(package, audio);
  if (fs::is_regular_file(folder / kAesTrain)) return read_aes_natural(folder, audio);
  throw FileError(fmt::format(
      "{}: expected a folder with published ratings, got {}. One of\n"
      "  {} and audio/    neural codecs: github.com/BenjSta/bernoulli-var-speech-codec, mushra_results_dataset\n"
      "  sets/train_mos_list.txt, dev, test and wav/      MusicEval: huggingface.co/datasets/BAAI/MusicEval\n"
      "  {} and the other lists    AES-Natural: github.com/facebookresearch/audiobox-aesthetics",
      folder.string(), fs::is_directory(folder) ? "another folder" : "no folder", kCodecRatings, kAesTrain));
}

}  // namespace qamro::experiments
