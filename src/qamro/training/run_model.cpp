#include "qamro/training/run_model.h"

#include <ATen/core/Tensor.h>

#include "qamro/training/heads_on_embeddings.h"

namespace qamro::training {

heads::Heads initial_heads(const Recipe& recipe, std::int64_t dim, std::uint64_t seed) {
  heads::MlpHeadOptions options = recipe.model.head;
  options.input_dim = dim;
  return heads::Heads(options, recipe.data.axes, seed);
}

heads::AestheticsHeads initial_aesthetics_heads(const Recipe& recipe, std::int64_t layers, std::int64_t dim,
                                                std::uint64_t seed) {
  heads::AestheticsHeadsOptions options = recipe.model.aesthetics;
  options.layers = options.nth_layer = layers;
  options.dim = dim;
  return heads::AestheticsHeads(options, recipe.data.axes, seed);
}

heads::ClapHeads initial_clap_heads(const Recipe& recipe, std::int64_t embedding_dim, std::uint64_t seed) {
  return heads::ClapHeads({.embedding_dim = embedding_dim,
                           .hidden = recipe.model.head.hidden,
                           .activation = recipe.model.head.activation,
                           .dropout = recipe.model.head.dropout},
                          seed);
}

RunModelFactory heads_on_embeddings_factory(const Recipe& recipe, const Dataset& dataset) {
  if (recipe.model.head_kind == HeadKind::kMlp)
    return [&](std::uint64_t seed, const PreparedFold& fold) {
      return std::make_unique<HeadsRunModel>(initial_heads(recipe, dataset.embeddings.size(1), seed), fold);
    };
  if (recipe.model.head_kind == HeadKind::kClap)
    return [&](std::uint64_t seed, const PreparedFold& fold) {
      return std::make_unique<ClapOnEmbeddings>(
          initial_clap_heads(recipe, dataset.embeddings.size(1) / 2, seed), fold.inputs);
    };
  return [&](std::uint64_t seed, const PreparedFold& fold) {
    const std::int64_t dim = dataset.embeddings.size(1) / dataset.layers;
    return std::make_unique<AestheticsOnEmbeddings>(
        initial_aesthetics_heads(recipe, dataset.layers, dim, seed), fold.inputs, dataset.windows);
  };
}

}  // namespace qamro::training
