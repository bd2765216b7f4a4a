#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>

#include "qamro/training/trainer.h"

namespace qamro::training {

// folder/metrics.jsonl, one line an epoch, appended as the epochs end. Every line that was written before
// `last_epoch` stays; later ones (of a run that died after its last checkpoint) and a torn last line are
// dropped. Without a folder nothing is written.
class MetricsLog {
 public:
  MetricsLog(const std::filesystem::path& folder, std::int64_t last_epoch);
  void append(const EpochRecord& record);

 private:
  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace qamro::training
