#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "qamro/training/trainer.h"

namespace qamro::training {

// The part of a finished run that is kept in its folder's result.json.
struct FoldResult {
  FitResult fit;
  at::Tensor predictions;  // [test clips, axes] double
};

// Empty if there is no result yet. Throws CheckpointError for a result with another fingerprint or shape, or
// one that cannot be read.
std::optional<FoldResult> load_fold_result(const std::filesystem::path& folder,
                                           const std::string& fingerprint, std::array<std::int64_t, 2> shape);

// Writes a temporary file, then renames it. Without keep_checkpoints, removes the run's checkpoint
// after that.
void save_fold_result(const std::filesystem::path& folder, const std::string& fingerprint,
                      const FoldResult& result, bool keep_checkpoints);

// Also needed for a run that was killed after it wrote its result.
void drop_checkpoint(const std::filesystem::path& folder);

}  // namespace qamro::training
