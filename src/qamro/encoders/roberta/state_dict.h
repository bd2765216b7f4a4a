#pragma once

#include <memory>
#include <string_view>

#include "qamro/encoders/roberta/module.h"
#include "qamro/io/state_dict.h"

namespace qamro::encoders::roberta {

// The module that the tensors (and `declared`, see config_from_state_dict) describe, in inference mode
// (eval()). It uses them without a copy (encoders/module_state.h). The buffers `embeddings.position_ids` and
// `.token_type_ids`, which transformers kept in its files for some years and which hold only constants, are
// optional. Throws CheckpointError that names `file` and every tensor that is missing, unexpected or
// misshapen, or the first one that is not float32.
std::shared_ptr<RobertaModule> module_from_state_dict(io::StateDict state, std::string_view file,
                                                      const RobertaConfig& declared = {});

}  // namespace qamro::encoders::roberta
