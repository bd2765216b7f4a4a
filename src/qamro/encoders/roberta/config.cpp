#include "qamro/encoders/roberta/config.h"

#include <fmt/format.h>

#include <string>

#include "qamro/core/error.h"

namespace qamro::encoders::roberta {
namespace {

// More than any version has; keeps a hostile file from asking for endless layers.
constexpr std::int64_t kMaximumLayers = 1000;

std::int64_t layers_of(const io::StateDict& state) {
  std::int64_t layers = 0;
  while (layers < kMaximumLayers &&
         state.contains(fmt::format("encoder.layer.{}.intermediate.dense.weight", layers)))
    ++layers;
  return layers;
}

}  // namespace

void RobertaConfig::validate() const {
  if (vocabulary < 1 || positions <= kFirstPosition || token_types < 1 || feed_forward < 1 || layers < 1)
    throw InvalidInput(fmt::format(
        "RoBERTa: expected sizes >= 1 and more than {} positions, got vocabulary {}, positions {}, token types {}, feed-forward {}, layers {}",
        kFirstPosition, vocabulary, positions, token_types, feed_forward, layers));
  if (dim < 1 || heads < 1 || dim % heads != 0)
    throw InvalidInput(fmt::format("RoBERTa: expected a width divisible by {} heads, got {}", heads, dim));
  if (!(norm_epsilon > 0)) throw InvalidInput("RoBERTa: norm_epsilon: expected a positive number");
}

RobertaConfig config_from_state_dict(const io::StateDict& state, std::string_view file,
                                     const RobertaConfig& declared) {
  RobertaConfig config = declared;
  const at::IntArrayRef words = io::shape_of(state, "embeddings.word_embeddings.weight", 2, file);
  config.vocabulary = words[0];
  config.dim = words[1];
  config.positions = io::shape_of(state, "embeddings.position_embeddings.weight", 2, file)[0];
  config.token_types = io::shape_of(state, "embeddings.token_type_embeddings.weight", 2, file)[0];
  config.feed_forward = io::shape_of(state, "encoder.layer.0.intermediate.dense.weight", 2, file)[0];
  config.layers = layers_of(state);
  try {
    config.validate();
  } catch (const InvalidInput& error) {
    throw CheckpointError(fmt::format("{}: {}", file, error.what()));
  }
  return config;
}

}  // namespace qamro::encoders::roberta
