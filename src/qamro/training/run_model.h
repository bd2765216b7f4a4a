#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "qamro/core/random.h"
#include "qamro/heads/aesthetics_heads.h"
#include "qamro/heads/clap_heads.h"
#include "qamro/heads/mlp_head.h"
#include "qamro/io/state_dict.h"
#include "qamro/training/dataset.h"
#include "qamro/training/recipe.h"

namespace qamro::training {

struct PreparedFold;  // fold.h

// A model whose scores of clips can be trained. Clips are numbers with the same meaning for the model and
// the examples.
//
// A clip's scores depend only on that clip, the parameters and its dropout masks, never on the other clips of
// a call. So a batch can be computed in parts (gradient_cache.h).
class TrainableModel {
 public:
  virtual ~TrainableModel() = default;

  // By name: leaves that take gradients. Permanently frozen parameters are left out.
  virtual io::StateDict named_parameters() const = 0;
  // How many blocks of layers lie between a parameter and the scores: 0 for the last block. Layer-wise
  // learning rates shrink with this number.
  virtual std::int64_t depth_of(const std::string& parameter) const = 0;

  // The dropout masks of one step over `clips` clips, each [clips, …]; a tensor may be undefined.
  virtual std::vector<at::Tensor> draw_dropout(std::int64_t clips, Random& random) const = 0;
  // Scores [clips, axes] float32 in the training scale. `dropout`: the masks drawn for these clips; if empty,
  // nothing is dropped.
  virtual at::Tensor forward(std::span<const std::int64_t> clips, const std::vector<at::Tensor>& dropout) = 0;
};

// The model of one run: its heads, and everything that is trained along with them.
class RunModel {
 public:
  virtual ~RunModel() = default;
  virtual TrainableModel& trainable() = 0;
  // The MLP heads that the model keeps beside an encoder of another model; null for other heads.
  virtual heads::Heads* mlp_heads() { return nullptr; }
};

// One class per kind of heads.
class MlpRunModel : public RunModel {
 public:
  virtual heads::Heads& heads() = 0;
  heads::Heads* mlp_heads() override { return &heads(); }
};
class AestheticsRunModel : public RunModel {
 public:
  virtual heads::AestheticsHeads& heads() = 0;
};

class ClapHeadsRunModel : public RunModel {
 public:
  virtual heads::ClapHeads& heads() = 0;
};

// Makes the model that a run with that seed starts from. Called from several threads; `fold` need not outlive
// the model.
using RunModelFactory =
    std::function<std::unique_ptr<RunModel>(std::uint64_t seed, const PreparedFold& fold)>;

// The initial heads of a run with that seed, for embeddings of that size.
heads::Heads initial_heads(const Recipe& recipe, std::int64_t dim, std::uint64_t seed);
heads::AestheticsHeads initial_aesthetics_heads(const Recipe& recipe, std::int64_t layers, std::int64_t dim,
                                                std::uint64_t seed);
heads::ClapHeads initial_clap_heads(const Recipe& recipe, std::int64_t embedding_dim, std::uint64_t seed);

// Makes heads of the recipe's kind over the dataset's embeddings.
RunModelFactory heads_on_embeddings_factory(const Recipe& recipe, const Dataset& dataset);

}  // namespace qamro::training
