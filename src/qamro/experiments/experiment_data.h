#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "qamro/core/enum_names.h"
#include "qamro/data/manifest.h"

namespace qamro::experiments {

// The published ratings that experiments use, recognised by the files in a folder.
enum class DataKind {
  kNeuralCodecs,  // ratings_formated_filtered.csv: MUSHRA ratings of neural speech codecs
  kMusicEval,     // sets/*_mos_list.txt, or MusicEval-full/ with them: AudioMOS 2025, track 1
  kAesNatural,    // audiomos2025-track2-*_list.csv and ..._human_annotations.jsonl: AudioMOS 2025, track 2
};
constexpr auto enum_names(DataKind) {
  return names_table<DataKind>({{DataKind::kNeuralCodecs, "neural_codecs"},
                                {DataKind::kMusicEval, "musiceval"},
                                {DataKind::kAesNatural, "aes_natural"}});
}

// Rated clips as an experiment trains on them, and where their audio is. The columns of the table are path,
// system, sentence, prompt or recording, split ("train", "validation", "test", if the data have one) and one
// per axis, as each kind's recipe names them.
struct ExperimentData {
  DataKind kind = DataKind::kNeuralCodecs;
  std::filesystem::path folder;
  std::vector<std::filesystem::path> label_files;  // that the table was made from
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
  std::filesystem::path audio_folder;  // where audio was looked for
  std::vector<data::Clip> clips;       // one per row, with prompts; the path is empty if the audio is missing
  std::vector<std::size_t> silent;     // rows whose audio is missing
  std::string source;                  // where ratings and audio come from, with the licence

  // The table as csv.
  std::string csv() const;
};

// Reads the ratings in a folder. `audio`: folder of the clips; "": where the published package has them
// below the ratings' folder. A clip is looked for under its name, also re-encoded as .wav, .flac or .mp3.
// Throws FileError that says what the folder must hold and where to get it; InvalidInput that names file and
// line of broken ratings.
ExperimentData read_experiment_data(const std::filesystem::path& folder,
                                    const std::filesystem::path& audio = {});

}  // namespace qamro::experiments
