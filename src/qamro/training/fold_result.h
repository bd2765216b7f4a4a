#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "qamro/training/trainer.h"

namespace qamro::training {

// What is kept of a finished run, in its folder's result.json.
struct FoldResult {
  FitResult fit;
  at::Tensor predictions;  // [test clips, axes] double
};

// Nothing when there is no result yet. A result of another fingerprint or shape, or one that cannot be read,
// is a CheckpointError.
std::optional<FoldResult> load_fold_result(const std::filesystem::path& folder,
                                           const std::string& fingerprint, std::array<std::int64_t, 2> shape);

// Written aside and renamed. Without keep_checkpoints the run's checkpoint is removed after that.
void save_fold_result(const std::filesystem::path& folder, const std::string& fingerprint,
                      const FoldResult& result, bool keep_checkpoints);

// For a run that was killed between its result and this, too.
void drop_checkpoint(const std::filesystem::path& folder);

}  // namespace qamro::training
