#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "qamro/io/state_dict.h"

namespace qamro::training {

// All of a run's state after an epoch. There is no generator state: every random stream is derived anew from
// the seed and the epoch's number, so the epoch is the state.
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

// One safetensors file, written aside and renamed. `fingerprint` names the recipe, data, seed and fold:
// another one on reading is a CheckpointError.
void save_state(const std::filesystem::path& path, const TrainingState& state,
                const std::string& fingerprint);
TrainingState load_state(const std::filesystem::path& path, const std::string& fingerprint);

}  // namespace qamro::training
