#pragma once

#include <cstdint>
#include <string_view>

#include "qamro/io/state_dict.h"

namespace qamro::encoders::roberta {

// Sizes of a RoBERTa network (`RobertaModel` of Hugging Face's transformers). The defaults are
// roberta-base's, which is what LAION-CLAP builds (laion_clap/clap_module/model.py).
struct RobertaConfig {
  // Shown by the tensors' shapes.
  std::int64_t vocabulary = 50265;
  std::int64_t positions = 514;  // rows of the table of positions; no token has the first two
  std::int64_t token_types = 1;
  std::int64_t dim = 768;
  std::int64_t feed_forward = 3072;  // inner size of its layers
  std::int64_t layers = 12;

  // Shown by no tensor.
  std::int64_t heads = 12;
  double norm_epsilon = 1e-5;

  // Position of a text's first token: `padding_idx` + 1.
  static constexpr std::int64_t kFirstPosition = 2;
  // Tokens of the longest text.
  std::int64_t longest() const { return positions - kFirstPosition; }

  // Throws InvalidInput if the sizes do not fit together.
  void validate() const;

  bool operator==(const RobertaConfig&) const = default;
};

// Reads the sizes from the tensors' shapes; heads and epsilon are as in `declared`. Throws CheckpointError,
// naming `file` and the tensor or size, if a needed tensor is missing or its shape cannot belong to a
// RoBERTa network.
RobertaConfig config_from_state_dict(const io::StateDict& state, std::string_view file,
                                     const RobertaConfig& declared = {});

}  // namespace qamro::encoders::roberta
