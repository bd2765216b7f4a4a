#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "qamro/io/state_dict.h"
#include "qamro/training/trainer.h"

namespace qamro::training {

// The complete state of a run after an epoch. There is no generator state: every random stream is derived
// from the seed and the epoch's number.
struct TrainingState {
  std::int64_t epoch = 0;
  std::int64_t best_epoch = 0;  // 0: none yet
  std::optional<double> best_value;
  io::StateDict weights;
  io::StateDict best_weights;  // empty: none yet
  io::StateDict optimizer;
};

// Detached copies.
io::StateDict copy_tensors(const io::StateDict& tensors);
// Copies stored values into parameters. Throws CheckpointError when names or shapes differ.
void load_weights(const io::StateDict& parameters, const io::StateDict& weights);

// Writes one safetensors file to a temporary file, then renames it. `fingerprint` stands for recipe, data,
// seed and fold; load_state() throws CheckpointError if the file has another one.
void save_state(const std::filesystem::path& path, const TrainingState& state,
                const std::string& fingerprint);
TrainingState load_state(const std::filesystem::path& path, const std::string& fingerprint);

// Appends one line per epoch to folder/metrics.jsonl. The constructor keeps the lines up to and including
// `last_epoch`; it drops later ones (of a run that died after its last checkpoint) and a torn last line.
// Without a folder nothing is written.
class MetricsLog {
 public:
  MetricsLog(const std::filesystem::path& folder, std::int64_t last_epoch);
  void append(const EpochRecord& record);

 private:
  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace qamro::training
