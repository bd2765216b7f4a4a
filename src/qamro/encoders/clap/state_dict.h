#pragma once

#include <memory>
#include <string_view>

#include "qamro/encoders/clap/module.h"
#include "qamro/io/state_dict.h"

namespace qamro::encoders::clap {

// The names of `ClapModel` in Hugging Face's transformers (as its convert_clap_original_pytorch_to_hf.py
// makes them of LAION's), turned back into LAION's; queries, keys and values become one matrix again. Names
// that it does not know stay. Throws CheckpointError where of three such tensors one is missing.
io::StateDict from_hugging_face(const io::StateDict& state, std::string_view file);

// The module that the tensors, under LAION's names without "module.", and `text` (what no tensor shows, see
// roberta/config.h) describe, in inference mode; it takes them as they are. What only training looks at
// (logit scales, audio_transform, text_transform) may be there or not. Throws CheckpointError as the
// branches' module_from_state_dict(), which refuse a fusion model by name.
std::shared_ptr<ClapModule> module_from_state_dict(const io::StateDict& state, std::string_view file,
                                                   const roberta::RobertaConfig& text = {});

// All tensors that module_from_state_dict() needs, and the mel filters, which it would otherwise compute.
io::StateDict state_dict(const ClapModule& module);

}  // namespace qamro::encoders::clap
