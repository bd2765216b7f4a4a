#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/data/manifest.h"

namespace qamro::experiments {

// The published ratings that experiments are about, told by what a folder holds.
enum class DataKind {
  kNeuralCodecs,  // ratings_formated_filtered.csv: MUSHRA ratings of neural speech codecs
  kMusicEval,     // sets/*_mos_list.txt, or MusicEval-full/ with them: AudioMOS 2025, track 1
  kAesNatural,    // audiomos2025-track2-*_list.csv and ..._human_annotations.jsonl: AudioMOS 2025, track 2
};
// "neural_codecs", "musiceval", "aes_natural".
std::string_view name_of(DataKind kind);

// Rated clips as an experiment trains on them: a table with the columns path, system, sentence or prompt,
// split ("train", "validation", "test", where the data have one) and one an axis, as each kind's recipe names
// them; and where their audio lies.
struct ExperimentData {
  DataKind kind = DataKind::kNeuralCodecs;
  std::filesystem::path folder;
  std::vector<std::filesystem::path> label_files;  // that the table was made of
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  std::filesystem::path audio_folder;  // where audio was looked for
  std::vector<data::Clip> clips;       // one a row, with prompts; audio that is not there has an empty path
  std::vector<std::size_t> silent;     // rows whose audio is not there
  std::string source;                  // where ratings and audio come from, with the licence

  // The table as csv.
  std::string csv() const;
};

// Reads the ratings of a folder. `audio`: where the clips lie; "": where the published package has them
// below the folder. A clip is looked for under its name, also re-encoded as .wav, .flac or .mp3. Throws
// FileError that says what a folder has to hold and where to get it; InvalidInput that names file and line of
// ratings that are broken.
ExperimentData read_experiment_data(const std::filesystem::path& folder,
                                    const std::filesystem::path& audio = {});

}  // namespace qamro::experiments
