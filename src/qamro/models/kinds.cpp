#include "qamro/models/model_kind.h"

namespace qamro::models {

// Each stands in the kind.cpp of its folder.
// NOLINTBEGIN(readability-redundant-declaration): clang-tidy reads them together with those files
const ModelKind& heads_kind();
const ModelKind& distillmos_kind();
const ModelKind& clap_kind();
const ModelKind& wavlm_kind();
const ModelKind& audiobox_kind();
// NOLINTEND(readability-redundant-declaration)

namespace {

std::vector<const ModelKind*>& table() {
  static std::vector<const ModelKind*> kinds = {
      &heads_kind(),       // MLP heads on another model's embeddings
      &distillmos_kind(),  // Distill-MOS
      &clap_kind(),        // LAION-CLAP, alone or with the paper's heads
      &wavlm_kind(),       // Microsoft's WavLM, to train from
      &audiobox_kind(),    // Audiobox-Aesthetics; last, for it says what a file lacks that no kind knows
  };
  return kinds;
}

}  // namespace

const std::vector<const ModelKind*>& model_kinds() {
  return table();
}

// In front: it looks at a file before those that refuse what they do not know.
void add_model_kind(const ModelKind& kind) {
  table().insert(table().begin(), &kind);
}

}  // namespace qamro::models
