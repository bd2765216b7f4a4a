#pragma once

#include <memory>
#include <string_view>

#include "qamro/encoders/clap/module.h"
#include "qamro/io/state_dict.h"

namespace qamro::encoders::clap {

// Turns the names of `ClapModel` in Hugging Face's transformers (made from LAION's by its
// convert_clap_original_pytorch_to_hf.py) back into LAION's. Queries, keys and values become one matrix
// again. Unknown names stay. Throws CheckpointError if one of these three tensors is missing or their shapes
// or types differ.
io::StateDict from_hugging_face(const io::StateDict& state, std::string_view file);

// The module that the tensors, under LAION's names without "module.", and `text` (what no tensor shows, see
// roberta/config.h) describe, in inference mode. It uses the tensors without a copy. Tensors that only
// training uses (logit scales, audio_transform, text_transform) are optional. Throws CheckpointError like the
// branches' module_from_state_dict(), and refuses a fusion model as such.
std::shared_ptr<ClapModule> module_from_state_dict(const io::StateDict& state, std::string_view file,
                                                   const roberta::RobertaConfig& text = {});

// All tensors that module_from_state_dict() needs, plus the mel filters, which it would otherwise compute.
io::StateDict state_dict(const ClapModule& module);

}  // namespace qamro::encoders::clap
