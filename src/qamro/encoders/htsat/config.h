#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/features/log_mel.h"
#include "qamro/io/state_dict.h"

namespace qamro::encoders::htsat {

// Blocks of one resolution.
struct HtsatStage {
  std::int64_t blocks = 0;
  std::int64_t heads = 0;

  bool operator==(const HtsatStage&) const = default;
};

// Sizes of an HTSAT network (`HTSAT_Swin_Transformer` in laion_clap/clap_module/htsat.py), by default
// those of HTSAT-base.
struct HtsatConfig {
  // Fixed by the reference's code; no tensor shows them.
  static constexpr int kSampleRateHz = 48000;
  static constexpr std::int64_t kWindowSamples = 480000;  // 10 s
  static constexpr std::int64_t kImage = 256;             // rows and columns of the folded spectrogram
  static constexpr double kBatchNormEpsilon = 1e-5;

  // Shown by the tensors' shapes.
  std::int64_t mel_bins = 64;
  std::int64_t patch = 4;  // rows and columns of the image in a patch
  std::int64_t dim = 128;  // of a patch in the first stage; doubles in each further stage
  std::vector<HtsatStage> stages = {{2, 4}, {2, 8}, {12, 16}, {2, 32}};
  std::int64_t window = 8;              // rows and columns of patches that attend to each other
  std::int64_t feed_forward_ratio = 4;  // inner size of a block's MLP divided by the block's width

  features::LogMelOptions log_mel() const { return {.filters = {.mel_bins = mel_bins}}; }
  // Pieces into which the spectrogram is cut, one below the other in the image.
  std::int64_t folds() const { return kImage / mel_bins; }
  // Frames after interpolation.
  std::int64_t image_frames() const { return kImage * folds(); }
  // Rows and columns of patches, and the width of a patch, in stage i.
  std::int64_t grid(std::size_t stage) const { return kImage / patch >> stage; }
  std::int64_t width(std::size_t stage) const { return dim << stage; }
  std::int64_t embedding_dim() const { return width(stages.size() - 1); }
  // Rows and columns of a window in stage i: no more than there are patches.
  std::int64_t window_of(std::size_t stage) const { return std::min(window, grid(stage)); }
  // How far every second block of stage i shifts its windows; 0 if one window covers the grid.
  std::int64_t shift_of(std::size_t stage) const { return grid(stage) <= window ? 0 : window / 2; }

  // "HTSAT-tiny", "HTSAT-base", "HTSAT-large", or the sizes.
  std::string name() const;
  // Throws InvalidInput if the sizes do not fit together.
  void validate() const;

  bool operator==(const HtsatConfig&) const = default;
};

// Reads the sizes from the tensors' shapes. Throws CheckpointError, naming `file` and the tensor or size, if
// a needed tensor is missing or its shape cannot belong to an HTSAT network.
HtsatConfig config_from_state_dict(const io::StateDict& state, std::string_view file);

}  // namespace qamro::encoders::htsat
