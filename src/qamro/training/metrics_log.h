#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>

#include "qamro/training/trainer.h"

namespace qamro::training {

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
