#include "qamro/encoders/roberta/state_dict.h"

#include "qamro/encoders/module_state.h"

namespace qamro::encoders::roberta {

std::shared_ptr<RobertaModule> module_from_state_dict(io::StateDict state, std::string_view file,
                                                      const RobertaConfig& declared) {
  state.erase("embeddings.position_ids");
  state.erase("embeddings.token_type_ids");
  return module_of<RobertaModule>(config_from_state_dict(state, file, declared), state, file);
}

}  // namespace qamro::encoders::roberta
